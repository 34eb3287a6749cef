"""The columns of people and of activity as the wizard shows them, with the names other programs and languages use."""
from app.connections import Column, foreign

OWN = ("name", "email", "username", "status", "plan", "revenue", "joined", "last active", "tags")
SHOWN = (
    Column("email", "Email", "e-mail, mail, e mail address, email address, correo, correo electronico, courriel, "
           "adresse e mail, e mail adresse, indirizzo email, posta elettronica, correio eletronico, sahkoposti, epost, "
           "customer email, member email, user email, contact email"),
    Column("name", "Name", "full name, display name, customer name, member name, nombre, nombre completo, nom, "
           "nom complet, vollstandiger name, nome, nome completo, naam, navn, namn, nimi, real name"),
    Column("first_name", "First name", "firstname, given name, forename, vorname, prenom, primer nombre, "
           "nombre de pila, "
           "primeiro nome, voornaam, fornavn, fornamn, etunimi"),
    Column("last_name", "Last name", "lastname, surname, family name, nachname, familienname, nom de famille, "
           "apellido, "
           "apellidos, cognome, sobrenome, achternaam, etternavn, efternamn, sukunimi"),
    Column("username", "Username", "user name, handle, login, nickname, benutzername, usuario, nombre de usuario, "
           "nom d utilisateur, pseudo, nome utente, gebruikersnaam, discord username"),
    Column("phone", "Phone", "phone number, mobile, cell, telephone, telefon, telefonnummer, handy, telefono, movil, "
           "celular, portable, telefone, telefoon, tel, whatsapp"),
    Column("status", "Status of the membership", "membership status, subscription status, member status, estado, "
           "statut, "
           "stato, status da assinatura, abostatus"),
    Column("joined_at", "Joined", "joined, join date, date joined, member since, signup date, signed up, created, "
           "created at, created date, created utc, registered, registration date, beigetreten, beitrittsdatum, "
           "mitglied seit, fecha de alta, fecha de registro, date d inscription, inscrit le, data di iscrizione, "
           "data de entrada, start date, subscribed at", "moment"),
    Column("total_revenue_cents", "Paid so far", "revenue, total revenue, total spent, total spend, lifetime value, "
           "ltv, "
           "amount spent, spent, umsatz, gesamtumsatz, ingresos, total gastado, chiffre d affaires, total depense, "
           "ricavi, receita, total paid", "money"),
    Column("currency_of_totals", "Currency of what was paid", "currency, wahrung, moneda, devise, valuta, moeda"),
    Column("total_payments", "Number of payments", "payments count, payment count, payments, orders, order count, "
           "zahlungen, pagos, paiements, pagamenti", "number"),
    Column("first_payment_at", "First payment", "first payment, first payment date, first order", "moment"),
    Column("last_payment_at", "Last payment", "last payment, last payment date, last order, letzte zahlung, "
           "ultimo pago, dernier paiement", "moment"),
    Column("last_active_at", "Last active", "last active, last seen, last activity, last login, last visit, "
           "zuletzt aktiv, zuletzt gesehen, ultima actividad, ultima conexion, derniere activite, ultima attivita",
           "moment"),
    Column("canceled_at", "Canceled", "cancelled at, canceled, cancelled, cancellation date, cancel date, churned at, "
           "gekundigt, gekundigt am, fecha de baja, date d annulation, ended at", "moment"),
    Column("cancel_reason", "Why they canceled", "cancellation reason, churn reason, kundigungsgrund"),
    Column("renews_at", "Renews", "renewal date, next renewal, next billing date, next payment, verlangert sich",
           "moment"),
    Column("plan_id", "Plan", "plan id, plan name, subscription, subscription plan, tarif, abo, membership, tier, "
           "price id"),
    Column("plan_shown", "Plan, as our own export names it"),
    Column("product_id", "Product", "product id, product, produkt, producto, produit"),
    Column("tags", "Tags", "tag, labels, label, groups, etiquetas, etiquettes, schlagworte, tag list"),
    Column("country", "Country", "country code, land, pais, pays, paese"),
    Column("timezone", "Time zone", "time zone, tz, zeitzone, zona horaria, fuseau horaire"),
    Column("locale", "Language", "locale, lang, sprache, idioma, langue, lingua"),
    Column("lead_source", "Where they came from", "lead source, source, utm source, quelle, origen, origine"),
    Column("forum_posts", "Forum posts", "posts", "number"),
    Column("forum_comments", "Comments", "comments", "number"),
    Column("lessons_completed", "Lessons completed", "lessons", "number"),
    Column("engagement_score", "Engagement score", "engagement", "number"),
    Column("member_id", "Their id in the other program", "id, member id, customer id, external id, contact id, "
           "kundennummer, mitgliedsnummer", starts="mber_"),
    Column("user_id", "Whop user id", "user id, whop user, whop user id", starts="user_"),
    Column("stripe_customer", "Stripe customer id", "stripe customer, stripe id, stripe customer id", starts="cus_"),
    Column("person_id", "Id in RevenueAngel", "revenueangel id", starts="per_"),
)
DEEDS = (
    Column("member_id", "Whom it is about", "member id, customer id, user id, person"),
    Column("kind", "What they did", "type, event, activity, action"),
    Column("at", "When", "timestamp, date, time, datum, fecha, occurred at, created at", "moment"),
    Column("event_id", "Its id", "id, event id"),
    Column("value", "Value", "amount, progress", "number"),
    Column("content_id", "Lesson or post id", "content id, lesson id, post id"),
)
PLACES = {"name": "name", "email": "email", "username": "username", "status": "status", "plan": "plan_shown",
          "revenue": "total_revenue_cents:major", "joined": "joined_at", "last active": "last_active_at",
          "tags": "tags", "revenueangel id": "person_id", "phone": "phone", "country": "country"}
foreign("RevenueAngel export", "people", needs=OWN, rest="keep", places=PLACES)
foreign("RevenueAngel export of chosen columns", "people", needs=("revenueangel id",), rest="keep", places=PLACES)
