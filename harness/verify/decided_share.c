/* Wilson: the shares p with |share - p| <= z sqrt(p (1 - p) / n). */
#include "decided_share.h"

#include <math.h>

#define Z 1.959963984540054

enum { COMPARED_LEAST = 20 };

share_range decided_share_range(size_t decided, size_t compared, size_t left) {
  const double n = (double)compared, share = (double)decided / n;
  if (!compared) return (share_range){NAN, NAN};
  if (!left || compared < COMPARED_LEAST) return (share_range){share, share};
  const double middle = share + Z * Z / (2 * n);
  const double half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
  const double whole = 1 + Z * Z / n;
  const double all = n + (double)left, least = (double)decided / all;
  return (share_range){fmax((middle - half) / whole, least),
                       fmin((middle + half) / whole, least + (double)left / all)};
}
