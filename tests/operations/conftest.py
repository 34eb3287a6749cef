"""A house whose tables were made by migrations, as those of an installation are."""
import pytest
from flask_migrate import upgrade

from tests.test_migrations import on_new_database


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    with on_new_database(tmp_path_factory.mktemp("operations")) as app:
        upgrade()
        yield app
