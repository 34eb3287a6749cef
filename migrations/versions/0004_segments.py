"""segments that are watched, lists that are kept, and what is done to many people

Revision 0004, after 0003.
"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade():
    with op.batch_alter_table('segments') as table:
        table.add_column(sa.Column('description', sa.String(), server_default='', nullable=False))
        table.add_column(sa.Column('colour', sa.String(), server_default='', nullable=False))
        table.add_column(sa.Column('watched_at', MOMENT, nullable=True))
        table.add_column(sa.Column('looked_at', MOMENT, nullable=True))
        table.create_unique_constraint('uq_segments_account_id_id', ['account_id', 'id'])
    op.create_index('ix_events_who', 'events', ['account_id', 'kind', 'person_id', 'at'])
    op.create_table('bulk_actions',
        sa.Column('act', sa.String(), nullable=False),
        sa.Column('params', JSON, nullable=False),
        sa.Column('selection', JSON, nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('changed', sa.Integer(), nullable=False),
        sa.Column('failed', sa.Integer(), nullable=False),
        sa.Column('taken_back', sa.Integer(), nullable=False),
        sa.Column('after_id', sa.BigInteger(), nullable=False),
        sa.Column('created_by', sa.BigInteger(), nullable=True),
        sa.Column('started_at', MOMENT, nullable=True),
        sa.Column('finished_at', MOMENT, nullable=True),
        sa.Column('account_id', ID, nullable=False),
        sa.Column('public_id', sa.String(), nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_bulk_actions_account_id', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['created_by'], ['users.id'], name='fk_bulk_actions_created_by', ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name='pk_bulk_actions'),
        sa.UniqueConstraint('account_id', 'id', name='uq_bulk_actions_account_id_id'),
        sa.UniqueConstraint('public_id', name='uq_bulk_actions_public_id')
    )
    op.create_index('ix_bulk_actions_created', 'bulk_actions', ['account_id', 'created_at', 'id'], unique=False)
    op.create_table('saved_views',
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('args', JSON, nullable=False),
        sa.Column('created_by', sa.BigInteger(), nullable=True),
        sa.Column('account_id', ID, nullable=False),
        sa.Column('public_id', sa.String(), nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_saved_views_account_id', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['created_by'], ['users.id'], name='fk_saved_views_created_by', ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name='pk_saved_views'),
        sa.UniqueConstraint('account_id', 'key', name='uq_saved_views_account_id_key'),
        sa.UniqueConstraint('public_id', name='uq_saved_views_public_id')
    )
    op.create_table('bulk_changes',
        sa.Column('action_id', sa.BigInteger(), nullable=False),
        sa.Column('person_id', sa.BigInteger(), nullable=False),
        sa.Column('before', sa.BigInteger(), nullable=True),
        sa.Column('why', sa.String(), nullable=True),
        sa.Column('account_id', ID, nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['account_id', 'action_id'], ['bulk_actions.account_id', 'bulk_actions.id'],
            name='fk_bulk_changes_action_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id', 'person_id'], ['people.account_id', 'people.id'],
            name='fk_bulk_changes_person_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_bulk_changes_account_id', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['action_id'], ['bulk_actions.id'], name='fk_bulk_changes_action_id',
            ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'], name='fk_bulk_changes_person_id', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_bulk_changes'),
        sa.UniqueConstraint('account_id', 'action_id', 'person_id',
            name='uq_bulk_changes_account_id_action_id_person_id')
    )
    op.create_index('ix_bulk_changes_person', 'bulk_changes', ['account_id', 'person_id'], unique=False)
    op.create_table('segment_members',
        sa.Column('segment_id', sa.BigInteger(), nullable=False),
        sa.Column('person_id', sa.BigInteger(), nullable=False),
        sa.Column('since', MOMENT, nullable=False),
        sa.Column('account_id', ID, nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['account_id', 'person_id'], ['people.account_id', 'people.id'],
            name='fk_segment_members_person_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id', 'segment_id'], ['segments.account_id', 'segments.id'],
            name='fk_segment_members_segment_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_segment_members_account_id',
            ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'], name='fk_segment_members_person_id', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['segment_id'], ['segments.id'], name='fk_segment_members_segment_id',
            ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_segment_members'),
        sa.UniqueConstraint('account_id', 'segment_id', 'person_id',
            name='uq_segment_members_account_id_segment_id_person_id')
    )
    op.create_index('ix_segment_members_person', 'segment_members', ['account_id', 'person_id'], unique=False)
    op.create_table('segment_moves',
        sa.Column('segment_id', sa.BigInteger(), nullable=False),
        sa.Column('person_id', sa.BigInteger(), nullable=False),
        sa.Column('at', MOMENT, nullable=False),
        sa.Column('entered', sa.Boolean(), nullable=False),
        sa.Column('why', sa.String(), nullable=False),
        sa.Column('account_id', ID, nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['account_id', 'person_id'], ['people.account_id', 'people.id'],
            name='fk_segment_moves_person_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id', 'segment_id'], ['segments.account_id', 'segments.id'],
            name='fk_segment_moves_segment_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_segment_moves_account_id',
            ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'], name='fk_segment_moves_person_id', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['segment_id'], ['segments.id'], name='fk_segment_moves_segment_id',
            ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_segment_moves')
    )
    op.create_index('ix_segment_moves_at', 'segment_moves', ['account_id', 'segment_id', 'at', 'id'], unique=False)
    op.create_index('ix_segment_moves_person', 'segment_moves', ['account_id', 'person_id', 'at'], unique=False)
    op.create_table('segment_sizes',
        sa.Column('segment_id', sa.BigInteger(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('people', sa.Integer(), nullable=False),
        sa.Column('account_id', ID, nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['account_id', 'segment_id'], ['segments.account_id', 'segments.id'],
            name='fk_segment_sizes_segment_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_segment_sizes_account_id',
            ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['segment_id'], ['segments.id'], name='fk_segment_sizes_segment_id',
            ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_segment_sizes'),
        sa.UniqueConstraint('account_id', 'segment_id', 'day', name='uq_segment_sizes_account_id_segment_id_day')
    )


def downgrade():
    op.drop_index('ix_events_who', table_name='events')
    op.drop_table('segment_sizes')
    op.drop_index('ix_segment_moves_person', table_name='segment_moves')
    op.drop_index('ix_segment_moves_at', table_name='segment_moves')
    op.drop_table('segment_moves')
    op.drop_index('ix_segment_members_person', table_name='segment_members')
    op.drop_table('segment_members')
    op.drop_index('ix_bulk_changes_person', table_name='bulk_changes')
    op.drop_table('bulk_changes')
    op.drop_table('saved_views')
    op.drop_index('ix_bulk_actions_created', table_name='bulk_actions')
    op.drop_table('bulk_actions')
    with op.batch_alter_table('segments') as table:
        table.drop_constraint('uq_segments_account_id_id', type_='unique')
        for column in ('looked_at', 'watched_at', 'colour', 'description'):
            table.drop_column(column)
