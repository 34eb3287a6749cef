"""search: an index of the words people are found by, one that counts are read from, and the copy of tags in it

Revision 0003, after 0002.
"""
import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

STILL = sa.text('merged_into_id IS NULL AND erased_at IS NULL')
PRESENT = {
    'ix_people_stage': ('stage', 'joined_at'),
    'ix_people_asked': ('stage', 'membership_status', 'joined_at', 'last_active_at', 'total_spent',
                        'lessons_completed', 'engagement_score', 'plan_id', 'canceled_at', 'last_payment_at',
                        'risk_score', 'payments_count', 'tagged'),
}
PLAIN = {'ix_people_created': ('created_at',), 'ix_people_name': ('name',), 'ix_people_plan': ('plan_id', 'plan_name')}
NEW = "INSERT INTO people_words (rowid, words) VALUES (new.account_id * 1099511627776 + new.id, new.search_text);"
OLD = "DELETE FROM people_words WHERE rowid = old.account_id * 1099511627776 + old.id;"
PUT = "UPDATE people SET tagged = tagged || new.tag_id || ',' WHERE id = new.person_id AND tagged <> '';"
TAKE = "UPDATE people SET tagged = replace(tagged, ',' || old.tag_id || ',', ',') WHERE id = old.person_id;"
TRIGGERS = {
    'people_words_new': f"AFTER INSERT ON people WHEN new.tagged <> '' BEGIN {NEW} END",
    'people_words_gone': f"AFTER DELETE ON people BEGIN {OLD} END",
    'people_words_changed': "AFTER UPDATE OF search_text ON people "
                            f"WHEN old.search_text <> new.search_text BEGIN {OLD} {NEW} END",
    'people_tagged_put': f"AFTER INSERT ON taggings BEGIN {PUT} END",
    'people_tagged_taken': f"AFTER DELETE ON taggings BEGIN {TAKE} END",
    'people_tagged_moved': f"AFTER UPDATE OF tag_id, person_id ON taggings BEGIN {TAKE} {PUT} END",
}
SQLITE = (
    "UPDATE people SET tagged = ',' || (SELECT group_concat(tag_id, ',') FROM taggings WHERE person_id = people.id) "
    "|| ',' WHERE id IN (SELECT person_id FROM taggings)",
    "CREATE VIRTUAL TABLE people_words USING fts5(words, tokenize='trigram')",
    "INSERT INTO people_words (rowid, words) SELECT account_id * 1099511627776 + id, search_text FROM people",
    "CREATE INDEX people_words_scan ON people (account_id, search_text, stage, id, merged_into_id, erased_at) "
    "WHERE merged_into_id IS NULL AND erased_at IS NULL",
)
POSTGRES = """DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE EXTENSION IF NOT EXISTS btree_gin;
    CREATE INDEX IF NOT EXISTS people_words ON people USING gin (account_id, search_text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'people are searched without an index';
END $$"""


def upgrade():
    op.add_column('people', sa.Column('tagged', sa.String(), server_default=',', nullable=False))
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(POSTGRES)
    else:
        for statement in SQLITE:
            op.execute(statement)
        for name, told in TRIGGERS.items():
            op.execute(f'CREATE TRIGGER {name} {told}')
    for name in ('ix_people_status', 'ix_people_stage'):
        op.drop_index(name, table_name='people')
    for name, columns in PRESENT.items():
        op.create_index(name, 'people', ['account_id', *columns, 'id', 'merged_into_id', 'erased_at'],
                        sqlite_where=STILL, postgresql_where=STILL)
    for name, columns in PLAIN.items():
        op.create_index(name, 'people', ['account_id', *columns, 'id'])
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('ANALYZE')


def downgrade():
    for name in (*PRESENT, *PLAIN):
        op.drop_index(name, table_name='people')
    op.create_index('ix_people_stage', 'people', ['account_id', 'stage', 'joined_at', 'id'])
    op.create_index('ix_people_status', 'people', ['account_id', 'membership_status', 'id'])
    op.execute('DROP INDEX IF EXISTS people_words')
    if op.get_bind().dialect.name == 'sqlite':
        for name in TRIGGERS:
            op.execute(f'DROP TRIGGER {name}')
        op.execute('DROP INDEX people_words_scan')
        op.execute('DROP TABLE people_words')
    op.drop_column('people', 'tagged')
