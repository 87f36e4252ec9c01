# Writes OUTPUT, a C file with the identity of each kernel's machine code: 16 hex digits of a
# hash over its object file and the driver's. KERNELS lists the object files, separated by
# '|', in the order of kernels.def.
string(REPLACE "|" ";" kernels "${KERNELS}")
file(SHA256 ${DRIVER} driver)
set(rows "")
foreach(object IN LISTS kernels)
  file(SHA256 ${object} kernel)
  string(SHA256 both "${kernel}${driver}")
  string(SUBSTRING ${both} 0 16 build)
  string(APPEND rows "    \"${build}\",\n")
endforeach()
string(SUBSTRING ${driver} 0 16 driver)
file(WRITE ${OUTPUT} "#include \"kernel_builds.h\"

const char lkv_driver_build[] = \"${driver}\";
const char *const lkv_builtin_builds[] = {
${rows}};
")
