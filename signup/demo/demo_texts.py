"""The demo form in the further languages that visitors may speak."""

from signup.forms.texts import FieldTexts, FormTexts, Language

TRANSLATIONS: dict[Language, FormTexts] = {
    "fr": FormTexts(
        title="Recevez The Letter",
        intro="Un court message chaque vendredi et, pour commencer, un livre blanc\u00a0: «\u00a0Seven questions before"
        " you sign up\u00a0».",
        wording="Je souhaite recevoir The Letter chaque semaine par e\u2011mail. Je peux me désinscrire à tout moment,"
        " en un clic.",
        fields={
            "first_name": FieldTexts(label="Prénom"),
            "interests": FieldTexts(
                label="Qu’est-ce qui vous intéresse\u202f?",
                options={"design": "Graphisme", "privacy": "Vie privée", "writing": "Écriture"},
            ),
            "work": FieldTexts(
                label="Comment travaillez-vous\u202f?", options={"alone": "Seul ou seule", "team": "En équipe"}
            ),
        },
    ),
    "de": FormTexts(
        title="The Letter erhalten",
        intro="Jeden Freitag eine kurze Nachricht, und zum Einstieg ein Whitepaper: „Seven questions before you sign"
        " up“.",
        wording="Ich möchte The Letter jede Woche per E\u2011Mail erhalten. Ich kann mich jederzeit mit einem Klick"
        " abmelden.",
        fields={
            "first_name": FieldTexts(label="Vorname"),
            "interests": FieldTexts(
                label="Was interessiert Sie?",
                options={"design": "Gestaltung", "privacy": "Privatsphäre", "writing": "Schreiben"},
            ),
            "work": FieldTexts(label="Wie arbeiten Sie?", options={"alone": "Für mich allein", "team": "Im Team"}),
        },
    ),
    "nl": FormTexts(
        title="Ontvang The Letter",
        intro="Elke vrijdag een korte mail, en om te beginnen een whitepaper: ‘Seven questions before you sign up’.",
        wording="Ik ontvang The Letter graag elke week per e\u2011mail. Ik kan me altijd met één klik afmelden.",
        fields={
            "first_name": FieldTexts(label="Voornaam"),
            "interests": FieldTexts(
                label="Wat interesseert je?",
                options={"design": "Vormgeving", "privacy": "Privacy", "writing": "Schrijven"},
            ),
            "work": FieldTexts(label="Hoe werk je?", options={"alone": "Alleen", "team": "In een team"}),
        },
    ),
    "it": FormTexts(
        title="Riceva The Letter",
        intro="Un breve messaggio ogni venerdì e, per cominciare, un white paper: «Seven questions before you sign"
        " up».",
        wording="Desidero ricevere The Letter ogni settimana per email. Posso annullare l’iscrizione in ogni momento,"
        " con un clic.",
        fields={
            "first_name": FieldTexts(label="Nome"),
            "interests": FieldTexts(
                label="Che cosa le interessa?",
                options={"design": "Grafica", "privacy": "Privacy", "writing": "Scrittura"},
            ),
            "work": FieldTexts(label="Come lavora?", options={"alone": "Da solo o da sola", "team": "In gruppo"}),
        },
    ),
}
