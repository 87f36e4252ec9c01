/* Wilson: the shares p with |share - p| <= z sqrt(p (1 - p) / n). */
#include "decided_share.h"

#include <math.h>

#define Z 1.959963984540054

share_range decided_share_range(size_t decided, size_t compared, bool sampled) {
  const double n = (double)compared, share = (double)decided / n;
  if (!compared) return (share_range){NAN, NAN};
  if (!sampled) return (share_range){share, share};
  const double middle = share + Z * Z / (2 * n);
  const double half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
  const double whole = 1 + Z * Z / n;
  return (share_range){(middle - half) / whole, (middle + half) / whole};
}
