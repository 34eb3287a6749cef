"""sync: readings of a source and what they put right; what a connection knows of its vendor's API

Revision 0005_sync, after 0003.
"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005_sync'
down_revision = '0004'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
WHEN = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
ON_CONNECTIONS = (('webhook_ref', sa.String()), ('hook_words', sa.String()), ('token_until', WHEN),
                  ('renewing_until', WHEN), ('unwell_since', WHEN), ('unwell_words', sa.String()), ('halted_at', WHEN))


def upgrade():
    for name, kind in ON_CONNECTIONS:
        op.add_column('connections', sa.Column(name, kind, nullable=True))
    op.add_column('connections', sa.Column('grants', JSON, nullable=False, server_default='{}'))
    for table in ('products', 'plans'):
        op.add_column(table, sa.Column('version', WHEN, nullable=True))
    op.create_table(
        'syncs', *ours('syncs'), sa.Column('connection_id', ID, nullable=False), sa.Column('kind', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False), sa.Column('steps', JSON, nullable=False),
        sa.Column('place', sa.Integer(), nullable=False), sa.Column('cursor', JSON, nullable=True),
        sa.Column('pages', sa.Integer(), nullable=False), sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('resume_at', WHEN, nullable=True), sa.Column('words', sa.String(), nullable=True),
        sa.Column('started_at', WHEN, nullable=False), sa.Column('touched_at', WHEN, nullable=False),
        sa.Column('finished_at', WHEN, nullable=True), *led('syncs', 'connection_id', 'connections'),
        sa.UniqueConstraint('account_id', 'id', name='uq_syncs_account_id_id'))
    op.create_index('ix_syncs_connection', 'syncs', ['account_id', 'connection_id', 'id'])
    op.create_index('uq_syncs_running', 'syncs', ['account_id', 'connection_id'], unique=True,
                    sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))
    op.create_table(
        'discrepancies', *ours('discrepancies'), sa.Column('sync_id', ID, nullable=False),
        sa.Column('connection_id', ID, nullable=False), sa.Column('person_id', ID, nullable=True),
        sa.Column('noun', sa.String(), nullable=False), sa.Column('subject', sa.String(), nullable=False),
        sa.Column('field', sa.String(), nullable=False), sa.Column('was', sa.String(), nullable=True),
        sa.Column('became', sa.String(), nullable=True), *led('discrepancies', 'sync_id', 'syncs'),
        *led('discrepancies', 'connection_id', 'connections'), *led('discrepancies', 'person_id', 'people'))
    for name, columns in (('connection', ['connection_id', 'id']), ('person', ['person_id']), ('sync', ['sync_id'])):
        op.create_index(f'ix_discrepancies_{name}', 'discrepancies', ['account_id', *columns])


def ours(table):
    """What every row of an account has that outsiders may name."""
    return (sa.Column('id', ID, primary_key=True), sa.Column('created_at', WHEN, nullable=False),
            sa.Column('account_id', ID, nullable=False), sa.Column('public_id', sa.String(), nullable=False),
            sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=f'fk_{table}_account_id', ondelete='CASCADE'),
            sa.PrimaryKeyConstraint('id', name=f'pk_{table}'),
            sa.UniqueConstraint('public_id', name=f'uq_{table}_public_id'))


def led(table, column, parent):
    """A key to a parent, and its fence: the parent is of the same account."""
    return (sa.ForeignKeyConstraint([column], [f'{parent}.id'], name=f'fk_{table}_{column}', ondelete='CASCADE'),
            sa.ForeignKeyConstraint(['account_id', column], [f'{parent}.account_id', f'{parent}.id'],
                                    name=f'fk_{table}_{column}_account', deferrable=True, initially='DEFERRED'))


def downgrade():
    op.drop_table('discrepancies')
    op.drop_table('syncs')
    for table in ('plans', 'products'):
        op.drop_column(table, 'version')
    for name in ('grants', *(name for name, _ in reversed(ON_CONNECTIONS))):
        op.drop_column('connections', name)
