"""The demo account: two years in the life of Maya's writers' club, told through the app's own verbs.

Nothing is written into tables by hand: Whop's envelopes are translated and absorbed, playbooks enrol, the sandbox takes
the messages, people open, click and pay. Same arguments, same story. Tables: none.
"""
