"""files: imports with their pieces and what they did, and the list of exports

Revision 0006_files, after 0003.
"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006_files'
down_revision = '0005_sync'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('exports',
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('format', sa.String(), nullable=False),
        sa.Column('file_name', sa.String(), nullable=False),
        sa.Column('title', sa.String(), nullable=False),
        sa.Column('asked', JSON, nullable=False),
        sa.Column('columns', JSON, nullable=False),
        sa.Column('rows', sa.Integer(), nullable=False),
        sa.Column('by_id', sa.BigInteger(), nullable=True),
        sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('account_id', KEY, nullable=False),
        sa.Column('public_id', sa.String(), nullable=False),
        sa.Column('id', KEY, nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_exports_account_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_exports_by_id'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_exports')),
        sa.UniqueConstraint('public_id', name=op.f('uq_exports_public_id'))
    )
    with op.batch_alter_table('exports', schema=None) as batch_op:
        batch_op.create_index('ix_exports_account', ['account_id', 'id'], unique=False)

    op.create_table('imports',
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('file_name', sa.String(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('rows', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('table', JSON, nullable=False),
        sa.Column('foreign', sa.String(), nullable=True),
        sa.Column('mapping', JSON, nullable=False),
        sa.Column('dates', sa.String(), nullable=False),
        sa.Column('origin', sa.String(), nullable=False),
        sa.Column('consent', sa.String(), nullable=False),
        sa.Column('counts', JSON, nullable=False),
        sa.Column('checked', JSON, nullable=False),
        sa.Column('reasons', JSON, nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('row', sa.Integer(), nullable=False),
        sa.Column('error', sa.String(), nullable=True),
        sa.Column('by_id', sa.BigInteger(), nullable=True),
        sa.Column('began_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('account_id', KEY, nullable=False),
        sa.Column('public_id', sa.String(), nullable=False),
        sa.Column('id', KEY, nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_imports_account_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_imports_by_id'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_imports')),
        sa.UniqueConstraint('account_id', 'id', name='uq_imports_account_id_id'),
        sa.UniqueConstraint('public_id', name=op.f('uq_imports_public_id'))
    )
    with op.batch_alter_table('imports', schema=None) as batch_op:
        batch_op.create_index('ix_imports_account', ['account_id', 'id'], unique=False)

    op.create_table('import_pieces',
        sa.Column('import_id', sa.BigInteger(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.Column('account_id', KEY, nullable=False),
        sa.Column('id', KEY, nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['account_id', 'import_id'], ['imports.account_id', 'imports.id'],
                                name='fk_import_pieces_import_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_import_pieces_account_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_import_pieces_import_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_import_pieces')),
        sa.UniqueConstraint('account_id', 'import_id', 'name', 'number', name=op.f('uq_import_pieces_account_id_import_id_name_number'))
    )
    op.create_table('imported_rows',
        sa.Column('import_id', sa.BigInteger(), nullable=False),
        sa.Column('person_id', sa.BigInteger(), nullable=True),
        sa.Column('about', sa.String(), nullable=False),
        sa.Column('row_id', sa.BigInteger(), nullable=False),
        sa.Column('outcome', sa.String(), nullable=False),
        sa.Column('before', JSON, nullable=False),
        sa.Column('after', JSON, nullable=False),
        sa.Column('kept', sa.String(), nullable=True),
        sa.Column('account_id', KEY, nullable=False),
        sa.Column('id', KEY, nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['account_id', 'import_id'], ['imports.account_id', 'imports.id'],
                                name='fk_imported_rows_import_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id', 'person_id'], ['people.account_id', 'people.id'],
                                name='fk_imported_rows_person_id_account', initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_imported_rows_account_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_imported_rows_import_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_imported_rows_person_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_rows'))
    )
    with op.batch_alter_table('imported_rows', schema=None) as batch_op:
        batch_op.create_index('ix_imported_rows_import', ['account_id', 'import_id', 'about', 'id'], unique=False)
        batch_op.create_index('ix_imported_rows_person', ['account_id', 'person_id'], unique=False)


def downgrade():
    with op.batch_alter_table('imported_rows', schema=None) as batch_op:
        batch_op.drop_index('ix_imported_rows_person')
        batch_op.drop_index('ix_imported_rows_import')

    op.drop_table('imported_rows')
    op.drop_table('import_pieces')
    with op.batch_alter_table('imports', schema=None) as batch_op:
        batch_op.drop_index('ix_imports_account')

    op.drop_table('imports')
    with op.batch_alter_table('exports', schema=None) as batch_op:
        batch_op.drop_index('ix_exports_account')

    op.drop_table('exports')
