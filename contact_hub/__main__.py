"""`python3 -m contact_hub …`, on a bare machine too."""

import sys

from contact_hub._bootstrap import go_inside

go_inside("contact_hub", with_test_tools=False)

from contact_hub.cli import main  # noqa: E402 - only now is everything installed

sys.exit(main())
