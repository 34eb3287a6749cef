"""How long what signing in leaves behind is kept."""
from app.spine.keeping import keeps

from .limits import Bucket
from .sign_in import SignIn, SignInLink

keeps("Counted tries", Bucket, "ends_at", 1)
keeps("Sign-in links", SignInLink, "expires_at", 7)
keeps("Ended sessions", SignIn, "seen_at", 14)
