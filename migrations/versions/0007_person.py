"""the person: lead value and conversion, tasks, merges, tags that remember their names, fields in order

Revision 0007_person, after 0003.
"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007_person'
down_revision = '0006_files'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = sa.DateTime(timezone=True)
PERSON = ('chat_messages', 'address', 'cart_value', 'lead_value', 'converted_at', 'conversion')
VALUE = ("UPDATE people SET lead_value = CAST(round((CASE WHEN coalesce(email, '') <> '' THEN 50 ELSE 0 END "
         "+ CASE WHEN coalesce(phone, '') <> '' THEN 100 ELSE 0 END + CASE WHEN coalesce(name, '') <> '' THEN 25 ELSE 0 END "
         "+ CASE WHEN name LIKE '% %' THEN 25 ELSE 0 END) "
         "* CASE WHEN lead_status IN ('checkout', 'abandoned') THEN 2.0 ELSE 1.0 END "
         "* CASE WHEN engagement_score > 70 THEN 1.25 ELSE 1.0 END) AS INTEGER)")

CHATS = ("UPDATE people SET chat_messages = (SELECT count(*) FROM events WHERE events.person_id = people.id AND "
         "events.account_id = people.account_id AND events.kind = 'activity.message') WHERE id IN "
         "(SELECT person_id FROM events WHERE kind = 'activity.message')")


def owned(name, *columns, keys=()):
    """A table of an account's rows: its own columns between the id and the keys."""
    op.create_table(
        name, *columns, sa.Column('public_id', sa.String(), nullable=False),
        sa.Column('id', ID, nullable=False), sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False), *keys,
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=f'fk_{name}_account_id', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=f'pk_{name}'), sa.UniqueConstraint('public_id', name=f'uq_{name}_public_id'))


def lead(table, column, parent, gone='CASCADE', fenced=True):
    """A key to another table, and the fence that holds it inside the account."""
    keys = [sa.ForeignKeyConstraint([column], [f'{parent}.id'], name=f'fk_{table}_{column}', ondelete=gone)]
    if fenced:
        keys.append(sa.ForeignKeyConstraint(
            ['account_id', column], [f'{parent}.account_id', f'{parent}.id'], name=f'fk_{table}_{column}_account',
            deferrable=True, initially='DEFERRED'))
    return keys


def upgrade():
    op.add_column('people', sa.Column('address', JSON, server_default='{}', nullable=False))
    op.add_column('people', sa.Column('cart_value', sa.BigInteger(), nullable=True))
    op.add_column('people', sa.Column('lead_value', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('people', sa.Column('converted_at', MOMENT, nullable=True))
    op.add_column('people', sa.Column('conversion', JSON, server_default='{}', nullable=False))
    op.add_column('people', sa.Column('chat_messages', sa.Integer(), server_default='0', nullable=False))
    op.execute(VALUE)
    op.execute(CHATS)
    op.add_column('notes', sa.Column('removed_at', MOMENT, nullable=True))
    op.add_column('custom_fields', sa.Column('place', sa.Integer(), server_default='0', nullable=False))
    op.add_column('tags', sa.Column('also', sa.String(), server_default='|', nullable=False))
    owned('tag_removals', sa.Column('tag', JSON, nullable=False), sa.Column('people', JSON, nullable=False),
          sa.Column('shared', JSON, nullable=False), sa.Column('into_id', sa.BigInteger(), nullable=True),
          keys=lead('tag_removals', 'into_id', 'tags', 'SET NULL'))
    owned('tasks', sa.Column('person_id', sa.BigInteger(), nullable=False), sa.Column('title', sa.String(), nullable=False),
          sa.Column('due', sa.Date(), nullable=True), sa.Column('assignee_id', sa.BigInteger(), nullable=True),
          sa.Column('created_by', sa.BigInteger(), nullable=True), sa.Column('origin', sa.String(), nullable=False),
          sa.Column('done_at', MOMENT, nullable=True), sa.Column('done_by', sa.BigInteger(), nullable=True),
          sa.Column('removed_at', MOMENT, nullable=True),
          keys=[*lead('tasks', 'person_id', 'people'), *lead('tasks', 'assignee_id', 'users', 'SET NULL', False),
                *lead('tasks', 'created_by', 'users', 'SET NULL', False),
                *lead('tasks', 'done_by', 'users', 'SET NULL', False)])
    op.create_index('ix_tasks_person', 'tasks', ['account_id', 'person_id', 'done_at'])
    op.create_index('ix_tasks_assignee', 'tasks', ['account_id', 'assignee_id', 'done_at', 'due'])
    op.create_index('ix_tasks_due', 'tasks', ['account_id', 'done_at', 'due', 'id'])
    owned('merges', sa.Column('kept_id', sa.BigInteger(), nullable=False), sa.Column('gone_id', sa.BigInteger(), nullable=False),
          sa.Column('by_id', sa.BigInteger(), nullable=True), sa.Column('moved', JSON, nullable=False),
          sa.Column('remembered', JSON, nullable=False), sa.Column('before', JSON, nullable=False),
          sa.Column('after', JSON, nullable=False), sa.Column('undone_at', MOMENT, nullable=True),
          keys=[*lead('merges', 'kept_id', 'people'), *lead('merges', 'gone_id', 'people'),
                *lead('merges', 'by_id', 'users', 'SET NULL', False)])
    op.create_index('ix_merge_suggestions_other', 'merge_suggestions', ['account_id', 'other_id'])
    op.create_index('ix_merges_kept', 'merges', ['account_id', 'kept_id'])
    op.create_index('ix_merges_gone', 'merges', ['account_id', 'gone_id'])


def downgrade():
    op.drop_index('ix_merge_suggestions_other', table_name='merge_suggestions')
    for name in ('merges', 'tasks', 'tag_removals'):
        op.drop_table(name)
    for table, column in (('tags', 'also'), ('custom_fields', 'place'), ('notes', 'removed_at'),
                          *(('people', column) for column in PERSON)):
        op.drop_column(table, column)             # in place: a copied table would lose its triggers
