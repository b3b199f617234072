"""How much of what is drawn or swept is tried: all of it in `make soak`, some in `make test` and `make slow`."""

import os

WHOLE = "TUNETOP_TESTS_WHOLE" in os.environ
