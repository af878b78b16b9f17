"""`python -m deploy` is the `tallystick` command."""

import sys

from deploy.cli import main

sys.exit(main())
