# cmake -DOUTPUT=oracle_build.c -DORACLE=liblinkv_oracle.a -DREFERENCE=reference.c -P ...
#
# Writes OUTPUT, a C file with the identity of the oracle: 16 hex digits of a hash over its
# machine code and the source that calls it.
file(SHA256 ${ORACLE} oracle)
file(SHA256 ${REFERENCE} reference)
string(SHA256 both "${oracle}${reference}")
string(SUBSTRING ${both} 0 16 build)
file(WRITE ${OUTPUT} "#include \"oracle_build.h\"

const char oracle_build[] = \"${build}\";
")
