"""Whop's event names: what each means to a creator, and how older spellings become today's."""

KINDS = {
    "member.created": "Somebody joined", "member.updated": "A member's profile or access changed",
    "membership.activated": "A membership gives access", "membership.deactivated": "A membership ended",
    "membership.updated": "A membership changed", "membership.trial_ending_soon": "A trial is about to end",
    "membership.cancel_at_period_end_changed": "A cancellation was scheduled or withdrawn",
    "payment.created": "A payment was started", "payment.authorized": "A payment was authorised",
    "payment.succeeded": "A payment came in", "payment.failed": "A payment failed",
    "payment.pending": "A payment is on its way", "payment.requires_action": "The bank asks the buyer to confirm",
    "payment.canceled": "A payment was called off",
    "refund.created": "A refund was started", "refund.updated": "A refund moved on",
    "dispute.created": "A buyer disputed a payment", "dispute.updated": "A dispute moved on",
    "dispute_alert.created": "A bank warned of a dispute to come",
    "resolution_center_case.created": "A buyer opened a case", "resolution_center_case.updated": "A case moved on",
    "resolution_center_case.decided": "A case was decided",
    "setup_intent.succeeded": "A buyer saved a card", "setup_intent.canceled": "Saving a card was given up",
    "setup_intent.requires_action": "The bank asks to confirm a new card",
    "invoice.created": "An invoice was sent", "invoice.paid": "An invoice was paid",
    "invoice.past_due": "An invoice is overdue", "invoice.voided": "An invoice was voided",
    "invoice.marked_uncollectible": "An invoice was written off",
    "entry.created": "Somebody joined a waitlist", "entry.approved": "A waitlist entry was approved",
    "entry.denied": "A waitlist entry was denied", "entry.deleted": "A waitlist entry was deleted",
    "product.created": "A product was made", "product.updated": "A product changed",
    "product.deleted": "A product was deleted", "product.published": "A product was published",
    "product.unpublished": "A product was taken down", "plan.created": "A plan was made",
    "plan.updated": "A plan changed", "plan.deleted": "A plan was deleted",
    "course_lesson_interaction.completed": "A lesson was finished",
    "chat.message.created": "Somebody wrote in a chat", "chat.reaction.created": "Somebody reacted in a chat",
    "export.completed": "An export is ready", "export.failed": "An export failed",
    "shipment.created": "A shipment was made", "shipment.updated": "A shipment moved on",
    "account.updated": "The Whop account changed", "payout.created": "A payout was started",
    "payout.updated": "A payout moved on", "payout.reversed": "A payout was reversed",
    "withdrawal.created": "A withdrawal was started", "withdrawal.updated": "A withdrawal moved on",
    "deposit.succeeded": "A deposit came in", "verification.succeeded": "A verification succeeded",
}
OLDER = {
    "membership.went_valid": "membership.activated", "app_membership.went_valid": "membership.activated",
    "membership.went_invalid": "membership.deactivated", "app_membership.went_invalid": "membership.deactivated",
    "membership.created": "membership.activated", "membership.metadata_updated": "membership.updated",
    "membership.experience_claimed": "membership.updated", "membership.canceled": "membership.updated",
    "app_payment.succeeded": "payment.succeeded", "app_payment.failed": "payment.failed",
    "app_payment.pending": "payment.pending", "entry.updated": "entry.approved",
}
NOUNS = ("app_membership", "app_payment", "course_lesson_interaction", "resolution_center_case", "dispute_alert",
         "setup_intent", "chat_message", "chat_reaction", "membership", "member", "payment", "refund", "dispute",
         "invoice", "entry", "product", "plan")


def canonical(name: str) -> str:
    """Today's name: `payment_failed` and `membership.went_valid` become `payment.failed`, `membership.activated`."""
    if "." not in name:
        noun = next((noun for noun in NOUNS if name.startswith(noun + "_")), None)
        if noun:
            name = f"{noun.replace('chat_', 'chat.')}.{name[len(noun) + 1:]}"
    return OLDER.get(name, name)
