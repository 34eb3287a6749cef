"""After all walks: no browser told us that the content policy stopped something."""
import pytest

pytestmark = pytest.mark.browser


def test_no_breach_of_the_policy_was_reported(house, signed_in):
    assert [line for line in house.log.read_text().splitlines() if "csp.report" in line] == []
