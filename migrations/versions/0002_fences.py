"""fences: rows point only at rows of their own account, and the audit trail is only added to

Revision 0002, after 0001.
"""
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

PARENTS = ('automation_versions', 'automations', 'connections', 'enrollments', 'events', 'links', 'memberships',
           'messages', 'payments', 'people', 'plans', 'products', 'tags', 'templates', 'touches')
CHILDREN = {
    'attempts': {'payment_id': 'payments'},
    'automation_versions': {'automation_id': 'automations'},
    'consents': {'person_id': 'people'},
    'conversions': {'automation_id': 'automations', 'payment_id': 'payments', 'person_id': 'people',
                    'touch_id': 'touches'},
    'deliveries': {'connection_id': 'connections'},
    'disputes': {'payment_id': 'payments'},
    'enrollments': {'automation_id': 'automations', 'event_id': 'events', 'person_id': 'people',
                    'version_id': 'automation_versions'},
    'events': {'person_id': 'people'},
    'identities': {'person_id': 'people'},
    'links': {'message_id': 'messages'},
    'membership_segments': {'membership_id': 'memberships', 'person_id': 'people', 'plan_id': 'plans'},
    'memberships': {'person_id': 'people', 'plan_id': 'plans'},
    'merge_suggestions': {'other_id': 'people', 'person_id': 'people'},
    'message_events': {'link_id': 'links', 'message_id': 'messages'},
    'messages': {'person_id': 'people', 'template_id': 'templates'},
    'movements': {'person_id': 'people'},
    'notes': {'person_id': 'people'},
    'observations': {'membership_id': 'memberships'},
    'payment_aliases': {'payment_id': 'payments'},
    'payments': {'person_id': 'people', 'plan_id': 'plans'},
    'people': {'merged_into_id': 'people'},
    'plans': {'product_id': 'products'},
    'rate_locks': {'membership_id': 'memberships'},
    'refunds': {'payment_id': 'payments'},
    'stale_books': {'person_id': 'people'},
    'step_runs': {'enrollment_id': 'enrollments'},
    'taggings': {'person_id': 'people', 'tag_id': 'tags'},
    'template_versions': {'template_id': 'templates'},
    'touches': {'automation_id': 'automations', 'message_id': 'messages', 'person_id': 'people'},
}
ALLOWED = "EXISTS (SELECT 1 FROM marks WHERE name = 'audit rewriting')"
WORDS = 'the audit trail is only added to'


def upgrade():
    for parent in PARENTS:
        with op.batch_alter_table(parent) as table:
            table.create_unique_constraint(f'uq_{parent}_account_id_id', ['account_id', 'id'])
    for child, keys in CHILDREN.items():
        with op.batch_alter_table(child) as table:
            for column, parent in keys.items():
                table.create_foreign_key(f'fk_{child}_{column}_account', parent, ['account_id', column],
                                         ['account_id', 'id'], deferrable=True, initially='DEFERRED')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f"""CREATE FUNCTION audits_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NOT {ALLOWED} THEN RAISE EXCEPTION '{WORDS}'; END IF;
            RETURN COALESCE(NEW, OLD); END $$""")
        op.execute("CREATE TRIGGER audits_are_kept BEFORE UPDATE OR DELETE ON audits "
                   "FOR EACH ROW EXECUTE FUNCTION audits_are_kept()")
        return
    for act in ('update', 'delete'):
        op.execute(f"CREATE TRIGGER audits_are_kept_{act} BEFORE {act} ON audits WHEN NOT {ALLOWED} "
                   f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END")


def downgrade():
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("DROP TRIGGER audits_are_kept ON audits")
        op.execute("DROP FUNCTION audits_are_kept()")
    else:
        for act in ('update', 'delete'):
            op.execute(f"DROP TRIGGER audits_are_kept_{act}")
    for child, keys in CHILDREN.items():
        with op.batch_alter_table(child) as table:
            for column in keys:
                table.drop_constraint(f'fk_{child}_{column}_account', type_='foreignkey')
    for parent in PARENTS:
        with op.batch_alter_table(parent) as table:
            table.drop_constraint(f'uq_{parent}_account_id_id', type_='unique')
