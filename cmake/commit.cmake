# cmake -DSOURCE=dir -DOUTPUT=commit.h -P commit.cmake
#
# Writes LINKV_COMMIT, the commit of SOURCE, "-dirty" where tracked files differ from it;
# empty where SOURCE is no git checkout of its own. OUTPUT is left alone where it is right.
set(commit "")
find_program(git git)

# Runs git in SOURCE; `result` is the output, or "failed".
function(ask_git result)
  execute_process(COMMAND ${git} --no-optional-locks ${ARGN} WORKING_DIRECTORY ${SOURCE}
                  RESULT_VARIABLE code OUTPUT_VARIABLE answer ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT code EQUAL 0)
    set(answer failed)
  endif()
  set(${result} "${answer}" PARENT_SCOPE)
endfunction()

if(git)
  # An unpacked source inside someone else's checkout has no commit of its own.
  ask_git(tracked ls-files --error-unmatch CMakeLists.txt)
  ask_git(head rev-parse --short=12 HEAD)
  if(NOT tracked STREQUAL "failed" AND NOT head STREQUAL "failed")
    ask_git(changes status --porcelain --untracked-files=no .)
    set(commit "${head}")
    if(NOT changes STREQUAL "")
      string(APPEND commit "-dirty")
    endif()
  endif()
endif()

set(text "#define LINKV_COMMIT \"${commit}\"\n")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${OUTPUT} "${text}")
endif()
