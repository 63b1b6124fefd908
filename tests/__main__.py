"""`python3 -m tests …`: set up with the test tools, then pytest with the same arguments."""

import sys

from contact_hub._bootstrap import go_inside

go_inside("tests", with_test_tools=True)

import pytest  # noqa: E402 - only now is it installed

sys.exit(pytest.main(sys.argv[1:]))
