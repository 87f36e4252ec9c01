# What the files of measure/ need beyond the rules of every module; included by
# harness/CMakeLists.txt after linkv_module(measure ...).

# The loops behind peak.h are optimised in every build type: a ceiling does not depend on
# how the rest was built.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/peak_scalar.c PROPERTIES
  COMPILE_OPTIONS "-O3;-fno-sanitize=all")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/peak_avx2.c PROPERTIES
    COMPILE_OPTIONS "-O3;-fno-sanitize=all;-mavx2;-mfma")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/peak_avx512.c PROPERTIES
    COMPILE_OPTIONS "-O3;-fno-sanitize=all;-mavx512f")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/peak.c PROPERTIES
    COMPILE_DEFINITIONS LINKV_PEAK_X86)
else()
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/peak_avx2.c
    ${CMAKE_CURRENT_LIST_DIR}/peak_avx512.c PROPERTIES HEADER_FILE_ONLY ON)
endif()

# Facts of the build.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
string(TOLOWER "${CMAKE_C_COMPILER_ID}" compiler)
string(REPLACE "gnu" "gcc" compiler "${compiler}")
string(STRIP "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}}" build_flags)
string(REPLACE "\\" "\\\\" build_flags "${build_flags}")
string(REPLACE "\"" "\\\"" build_flags "${build_flags}")
set(benchmark_library_version unknown)
if(benchmark_VERSION)
  set(benchmark_library_version ${benchmark_VERSION})
endif()
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/build.c PROPERTIES
  COMPILE_DEFINITIONS "LINKV_COMPILER=\"${compiler} ${CMAKE_C_COMPILER_VERSION}\";\
LINKV_FLAGS=\"${build_flags}\";LINKV_BUILD_TYPE=\"${CMAKE_BUILD_TYPE}\";\
LINKV_OPENMP_VERSION=\"${OpenMP_C_VERSION}\"")
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/benchmark.cc PROPERTIES
  COMPILE_DEFINITIONS LINKV_BENCHMARK_VERSION="${benchmark_library_version}")

# The commit is asked for at every build; commit.h, and so build.c's object, changes only
# when the answer does.
set(commit_folder ${PROJECT_BINARY_DIR}/generated/commit)
add_custom_target(linkv_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}
          -DOUTPUT=${commit_folder}/commit.h
          -P ${PROJECT_SOURCE_DIR}/cmake/commit.cmake
  BYPRODUCTS ${commit_folder}/commit.h
  COMMENT "Looking up the commit" VERBATIM)
add_dependencies(linkv_measure linkv_commit)
target_include_directories(linkv_measure PRIVATE ${commit_folder})
target_link_libraries(linkv_measure PRIVATE ${CMAKE_DL_LIBS})
