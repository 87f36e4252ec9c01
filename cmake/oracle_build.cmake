# cmake -DOUTPUT=oracle_build.c -DORACLE=liblinkv_oracle.a "-DSOURCES=reference.c;..." -P ...
#
# Writes OUTPUT, a C file with the identity of the oracle: 16 hex digits of a hash over its
# machine code and the sources that round its inputs, choose its units and keep its results.
file(SHA256 ${ORACLE} all)
foreach(source IN LISTS SOURCES)
  file(SHA256 ${source} hash)
  string(APPEND all ${hash})
endforeach()
string(SHA256 all "${all}")
string(SUBSTRING ${all} 0 16 build)
file(WRITE ${OUTPUT} "#include \"oracle_build.h\"

const char oracle_build[] = \"${build}\";
")
