# The model that tests of loading, running and measuring share. In front, as
# what it stands for is substituted in turn.
config.substitutions.insert(
    0, ("%echo", "%clang -O1 -fPIC -I%include -c %root/test/Driver/Inputs/echo.c"))
