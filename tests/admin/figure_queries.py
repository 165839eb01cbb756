"""What each figure of the admin must be, in plain SQL.

`:of` says which one of several, `:part` what stands for `*` in a name. Words in capitals with brackets are written
for each engine in `figures`. Of the made-up sign-ups that nobody confirmed only counts are left, as of anybody's.
"""

from collections.abc import Mapping

STEPS = (
    "(SELECT COALESCE(SUM(n), 0) FROM step_count WHERE form_id = :form AND day BETWEEN ON(:{0}first) AND ON(:{0}last)"
)
PERIOD, SETTLED, BEFORE, FRESH, OVER = (STEPS.format(name) for name in ("", "settled_", "before_", "fresh_", "over_"))


def steps(of: str, *names: str) -> str:
    """How often one of these steps was taken, of a period's sign-ups."""
    any_of = " OR ".join(f"step LIKE '{name}'" for name in names)
    return f"{of} AND ({any_of}))"


def passed(of: str, table: Mapping[str, tuple[str, ...]]) -> str:
    """By step, how many there are."""
    cases = " ".join(f"WHEN '{step}' THEN {steps(of, *names)}" for step, names in table.items())
    return f"(CASE :of {cases} END)"


REACHED = {
    "seen": ("seen",),
    "started": ("started",),
    "submitted": ("submitted",),
    "mailed": ("mailed",),
    "opened_page": ("opened_page",),
    "confirmed": ("confirmed:%",),
    "taken": ("taken",),
}
EARLIER = dict(zip(list(REACHED)[1:], REACHED.values(), strict=False))
"""By step, the one before."""
_GROUP = """CASE WHEN lower(recipient) LIKE '%@gmail.com' THEN 'gmail' ELSE 'other' END = :of"""
"""As the made-up people have addresses of no other provider."""
CAUSES = {"bounced": ("bounced",), "disowned": ("disowned",)}
RATE = f"1.0 * {steps(SETTLED, 'confirmed:%')} / NULLIF({steps(SETTLED, 'submitted')}, 0)"
RATE_BEFORE = f"1.0 * {steps(BEFORE, 'confirmed:%')} / NULLIF({steps(BEFORE, 'submitted')}, 0)"
ON_LIST = "FROM subscription WHERE list_id = :list"
AT_END = "DAY(confirmed_at) <= ON(:{0}last) AND (ended_at IS NULL OR DAY(ended_at) > ON(:{0}last))"
LEFT = "state = 'unsubscribed' AND DAY(ended_at) BETWEEN ON(:{0}first) AND ON(:{0}last)"
LEFT_BASE = f"(SELECT COUNT(*) {ON_LIST} AND (({AT_END}) OR ({LEFT})))"
LEFT_RATE = f"(1.0 * (SELECT COUNT(*) {ON_LIST} AND {LEFT}) / NULLIF({LEFT_BASE}, 0))"
CAME = (
    "(SELECT COUNT(*) FROM signup WHERE list_id = :list AND DAY(confirmed_at) BETWEEN ON(:{0}first) AND ON(:{0}last))"
)
OF_LIST = "FROM subscription JOIN mailing_list ON mailing_list.id = list_id WHERE slug = :of"
CODES = "FROM discount_code JOIN lead_magnet ON lead_magnet.id = lead_magnet_id WHERE UID(lead_magnet.uid)"
FREE = "given_at IS NULL AND redeemed_at IS NULL"
GAVE = """FROM signup JOIN form_version ON form_version.id = form_version_id
  JOIN lead_magnet ON CAST(lead_magnet.id AS TEXT) = MAGNET(content) JOIN contact ON contact.id = contact_id
  WHERE signup.state IN ('confirmed', 'repeated') AND nature <> 'test' AND UID(lead_magnet.uid)"""
PART = """SELECT COALESCE(SUM(n), 0) FROM step_count WHERE form_id = :form
  AND day BETWEEN ON(:{0}first) AND ON(:{0}last)
  AND CASE WHEN :of LIKE 'source:%' THEN 'source:' || source WHEN :of LIKE 'site:%' THEN 'site:' || site
    WHEN :of LIKE 'language:%' THEN 'language:' || language WHEN :of LIKE 'provider:%' THEN 'provider:' || provider
    ELSE 'day:' || CAST(day AS TEXT) END = :of AND step LIKE """
BAND = "CASE :of WHEN '0–19' THEN 0 WHEN '20–39' THEN 1 WHEN '40–59' THEN 2 WHEN '60–79' THEN 3 ELSE 4 END"
IN_BAND = f"(CASE WHEN score >= 100 THEN 4 ELSE score / 20 END) = {BAND}"
COUNTED = "standing <> 'merged' AND nature <> 'test'"

QUERIES = {
    "menu": f"""SELECT CASE :of WHEN 'contacts' THEN (SELECT COUNT(*) FROM contact WHERE {COUNTED})
      WHEN 'lists' THEN (SELECT COUNT(*) FROM mailing_list)
      WHEN 'segments' THEN (SELECT COUNT(*) FROM segment WHERE archived_at IS NULL)
      WHEN 'forms' THEN (SELECT COUNT(*) FROM form WHERE archived_at IS NULL) END""",
    # The overview of one list
    "overview.confirmed": f"SELECT COUNT(*) {ON_LIST} AND state = 'confirmed'",
    "overview.confirmed-at-start": f"""SELECT COUNT(*) {ON_LIST} AND DAY(confirmed_at) < ON(:first)
      AND (ended_at IS NULL OR DAY(ended_at) >= ON(:first))""",
    "overview.gained": f"""SELECT ABS((SELECT COUNT(*) {ON_LIST} AND state = 'confirmed') - (SELECT COUNT(*) {ON_LIST}
      AND DAY(confirmed_at) < ON(:first) AND (ended_at IS NULL OR DAY(ended_at) >= ON(:first))))""",
    "overview.new": f"SELECT {CAME.format('')}",
    "overview.new-change": f"SELECT ABS(1.0 * {CAME.format('whole_')} / {CAME.format('whole_before_')} - 1)",
    "overview.rate": f"SELECT {RATE}",
    "overview.rate-base": f"SELECT {steps(SETTLED, 'submitted')}",
    "overview.rate-change": f"SELECT ROUND(CAST(100 * ABS({RATE} - {RATE_BEFORE}) AS NUMERIC), 2)",
    "overview.left": f"SELECT COUNT(*) {ON_LIST} AND {LEFT.format('whole_')}",
    "overview.left-base": f"SELECT {LEFT_BASE.format('whole_')}",
    "overview.left-rate": f"SELECT {LEFT_RATE.format('whole_')}",
    "overview.left-change": "SELECT ROUND(CAST(100 * ABS({} - {}) AS NUMERIC), 2)".format(
        LEFT_RATE.format("whole_"), LEFT_RATE.format("whole_before_")
    ),
    "overview.still-open": "SELECT COUNT(*) FROM signup WHERE list_id = :list AND state = 'pending'",
    "overview.source": """SELECT COALESCE(SUM(1 + LOST(signup.source)), 0) FROM signup
      JOIN contact ON contact.id = contact_id
      WHERE list_id = :list AND contact.source = :of AND DAY(signup.created_at) BETWEEN ON(:first) AND ON(:last)""",
    "overview.source-share": """SELECT 1.0 * SUM(CASE WHEN contact.source = :of THEN 1 + LOST(signup.source) ELSE 0 END)
      / SUM(1 + LOST(signup.source)) FROM signup JOIN contact ON contact.id = contact_id
      WHERE list_id = :list AND DAY(signup.created_at) BETWEEN ON(:first) AND ON(:last)""",
    "overview.cohort": f"""SELECT CASE :of WHEN 'signed-up' THEN {steps(SETTLED, "submitted")}
      WHEN 'accepted' THEN {steps(SETTLED, "mailed")} WHEN 'opened' THEN {steps(SETTLED, "opened_page")}
      WHEN 'confirmed' THEN {steps(SETTLED, "confirmed:%")} WHEN 'taken' THEN {steps(SETTLED, "taken")} END""",
    "overview.cohort-share": f"""SELECT 1.0 * CASE :of WHEN 'signed-up' THEN {steps(SETTLED, "submitted")}
      WHEN 'accepted' THEN {steps(SETTLED, "mailed")} WHEN 'opened' THEN {steps(SETTLED, "opened_page")}
      WHEN 'confirmed' THEN {steps(SETTLED, "confirmed:%")} WHEN 'taken' THEN {steps(SETTLED, "taken")} END
      / {steps(SETTLED, "submitted")}""",
    "overview.seen-on": """SELECT COALESCE(SUM(n), 0) FROM step_count WHERE form_id = :form AND day = ON(:of)
      AND step = 'seen'""",
    "overview.submitted-on": """SELECT COALESCE(SUM(1 + LOST(source)), 0) FROM signup
      WHERE list_id = :list AND DAY(created_at) = ON(:of)""",
    "overview.confirmed-on": "SELECT COUNT(*) FROM signup WHERE list_id = :list AND DAY(confirmed_at) = ON(:of)",
    "overview.left-on": f"SELECT COUNT(*) {ON_LIST} AND state = 'unsubscribed' AND DAY(ended_at) = ON(:of)",
    # The funnel of its form
    "funnel.submitted": f"SELECT {steps(PERIOD, 'submitted')}",
    "funnel.step": f"SELECT {passed(PERIOD, REACHED)}",
    "funnel.passed": f"""SELECT CASE WHEN :of IN ('started', 'submitted')
      THEN 1.0 * {passed(PERIOD, REACHED)} / {passed(PERIOD, EARLIER)}
      ELSE 1.0 * {passed(OVER, REACHED)} / {passed(OVER, EARLIER)} END""",
    "funnel.lost": f"""SELECT CASE WHEN :of IN ('started', 'submitted')
      THEN {passed(PERIOD, EARLIER)} - {passed(PERIOD, REACHED)}
      WHEN :of <> 'taken' THEN {passed(OVER, EARLIER)} - {passed(OVER, REACHED)} END""",
    "funnel.open": f"""SELECT CASE WHEN :of NOT IN ('seen', 'started', 'submitted', 'taken')
      THEN {passed(FRESH, EARLIER)} - {passed(FRESH, REACHED)} END""",
    "funnel.still-open": f"SELECT {steps(FRESH, 'submitted')} - {steps(FRESH, 'confirmed:%', 'disowned', 'expired')}",
    "funnel.rate": f"SELECT {RATE}",
    "funnel.cause": f"""SELECT CASE :of WHEN 'typed' THEN {steps(SETTLED, "started")} - {steps(SETTLED, "submitted")}
      WHEN 'bounced' THEN {steps(SETTLED, "bounced")} WHEN 'disowned' THEN {steps(SETTLED, "disowned")}
      WHEN 'unread' THEN {steps(SETTLED, "mailed")} - {steps(SETTLED, "opened_page")}
      WHEN 'unpressed' THEN {steps(SETTLED, "opened_page")} - {steps(SETTLED, "confirmed:%", "disowned")} END""",
    "funnel.cause-share": f"""SELECT 1.0 * CASE :of
      WHEN 'typed' THEN {steps(SETTLED, "started")} - {steps(SETTLED, "submitted")}
      WHEN 'bounced' THEN {steps(SETTLED, "bounced")} WHEN 'disowned' THEN {steps(SETTLED, "disowned")}
      WHEN 'unread' THEN {steps(SETTLED, "mailed")} - {steps(SETTLED, "opened_page")}
      WHEN 'unpressed' THEN {steps(SETTLED, "opened_page")} - {steps(SETTLED, "confirmed:%", "disowned")} END
      / ({steps(SETTLED, "started")} - {steps(SETTLED, "confirmed:%")})""",
    "funnel.soon": """SELECT COUNT(*) FROM signup WHERE form_id = :form
      AND DAY(created_at) BETWEEN ON(:settled_first) AND ON(:settled_last) AND SECONDS(confirmed_at, created_at)
      <= CASE :of WHEN '1m' THEN 60 WHEN '10m' THEN 600 WHEN '1h' THEN 3600 WHEN '24h' THEN 86400 ELSE 604800 END""",
    "funnel.soon-share": f"""SELECT 1.0 * COUNT(*) / {steps(SETTLED, "submitted")} FROM signup WHERE form_id = :form
      AND DAY(created_at) BETWEEN ON(:settled_first) AND ON(:settled_last) AND SECONDS(confirmed_at, created_at)
      <= CASE :of WHEN '1m' THEN 60 WHEN '10m' THEN 600 WHEN '1h' THEN 3600 WHEN '24h' THEN 86400 ELSE 604800 END""",
    "advice.lost": f"SELECT {steps(SETTLED, 'seen')} - {steps(SETTLED, 'started')}",
    "advice.lost-of": f"SELECT {steps(SETTLED, 'seen')}",
    "uplift.tried": f"""SELECT CASE :of WHEN 'reminded' THEN {steps(SETTLED, "tried_reminded")}
      ELSE {steps(SETTLED, "tried_holdout")} END""",
    "uplift.won": """SELECT COUNT(*) FROM signup WHERE form_id = :form AND DAY(created_at)
      BETWEEN ON(:settled_first) AND ON(:settled_last)
      AND trial = CASE :of WHEN 'reminded' THEN 'reminded' ELSE 'holdout' END""",
    "uplift.share": f"""SELECT 1.0 * COUNT(*) / NULLIF(CASE :of WHEN 'reminded' THEN {steps(SETTLED, "tried_reminded")}
      ELSE {steps(SETTLED, "tried_holdout")} END, 0) FROM signup WHERE form_id = :form AND DAY(created_at)
      BETWEEN ON(:settled_first) AND ON(:settled_last)
      AND trial = CASE :of WHEN 'reminded' THEN 'reminded' ELSE 'holdout' END""",
    "funnel.part-confirmed": f"{PART.format('')} 'confirmed:%'",
    "funnel.part-rate": f"""SELECT 1.0 * ({PART.format("settled_")} 'confirmed:%')
      / NULLIF(({PART.format("settled_")} 'submitted'), 0)""",
    "funnel.part-*": f"{PART.format('')} :part",
    # Lists, forms, segments, incentives
    "lists": "SELECT COUNT(*) FROM mailing_list",
    "list.other": f"SELECT COUNT(*) {OF_LIST} AND state NOT IN ('confirmed', 'pending', 'unsubscribed')",
    "list-left.*": f"SELECT COUNT(*) {OF_LIST} AND state = 'unsubscribed' AND left_because = :part",
    "list.*": f"SELECT COUNT(*) {OF_LIST} AND state = :part",
    "forms": "SELECT COUNT(*) FROM form",
    "form.submitted": """SELECT COALESCE(SUM(n), 0) FROM step_count JOIN form ON form.id = form_id
      WHERE public_id = :of AND step = 'submitted'""",
    "form.rate": """SELECT 1.0 * SUM(CASE WHEN step LIKE 'confirmed:%' THEN n END)
      / SUM(CASE WHEN step = 'submitted' THEN n END) FROM step_count JOIN form ON form.id = form_id
      WHERE public_id = :of AND day <= ON(:settled_last)""",
    "form.version": """SELECT MAX(number) FROM form_version JOIN form ON form.id = form_id WHERE public_id = :of""",
    "campaigns": "SELECT COUNT(*) FROM campaign",
    "campaign.recipients": "SELECT total FROM campaign WHERE UID(uid) = :of",
    "campaign.sent": """SELECT COUNT(*) FROM message JOIN campaign ON campaign.id = campaign_id
      WHERE UID(campaign.uid) = :of AND message.state = 'sent'""",
    "segments": "SELECT COUNT(*) FROM segment WHERE archived_at IS NULL",
    "segment.version": """SELECT MAX(number) FROM segment_version JOIN segment ON segment.id = segment_id
      WHERE slug = :of""",
    "segment.people": """SELECT COUNT(*) FROM subscription JOIN segment ON segment.slug = :of
      JOIN mailing_list ON mailing_list.id = list_id AND mailing_list.slug = REPLACE(segment.slug, '-segment', '')
      WHERE state = 'confirmed'""",
    "incentive.left": f"SELECT COUNT(*) {CODES} AND {FREE}",
    "incentive.redeemed": f"SELECT COUNT(*) {CODES} AND redeemed_at IS NOT NULL",
    "incentive.taken": f"SELECT COUNT(*) {GAVE} AND downloads > 0",
    "incentive.given": f"""SELECT (SELECT COUNT(*) {CODES} AND given_at IS NOT NULL)
      + (SELECT COUNT(*) {GAVE} AND kind <> 'codes')""",
    "incentive.redeemed-share": f"SELECT NULLIF((SELECT COUNT(*) {CODES} AND redeemed_at IS NOT NULL), 0)",
    # Contacts and what is worked out of them
    "contacts": f"SELECT COUNT(*) FROM contact WHERE {COUNTED}",
    "people": f"SELECT COUNT(*) FROM contact WHERE {COUNTED}",
    "reach.mailable": f"SELECT COUNT(*) FROM contact WHERE {COUNTED} AND standing = 'confirmed'",
    "reach.excluded": f"SELECT COUNT(*) FROM contact WHERE {COUNTED} AND standing = :of",
    "quality.average": """SELECT ROUND(CAST(AVG(1.0 * CASE :of WHEN 'score' THEN score WHEN 'reach' THEN reach
      WHEN 'complete' THEN complete WHEN 'fresh' THEN fresh WHEN 'consistent' THEN consistent ELSE proven END)
      AS NUMERIC), 1) FROM quality""",
    "quality.good-share": "SELECT 1.0 * SUM(CASE WHEN score >= 80 THEN 1 ELSE 0 END) / COUNT(*) FROM quality",
    "quality.band": f"SELECT COUNT(*) FROM quality WHERE {IN_BAND}",
    "quality.category": "SELECT COUNT(*) FROM quality WHERE category = :of",
    "quality.grade": "SELECT COUNT(*) FROM quality WHERE COALESCE(grade, '') = :of",
    "quality.sources-people": "SELECT COUNT(*) FROM quality JOIN contact ON contact.id = contact_id WHERE source = :of",
    "quality.sources-score": """SELECT ROUND(CAST(AVG(1.0 * score) AS NUMERIC), 1) FROM quality
      JOIN contact ON contact.id = contact_id WHERE source = :of""",
    "quality.forms-people": """SELECT COUNT(DISTINCT signup.contact_id) FROM signup JOIN form ON form.id = form_id
      JOIN quality ON quality.contact_id = signup.contact_id WHERE form.name = :of""",
    "quality.forms-score": """SELECT ROUND(CAST(AVG(1.0 * score) AS NUMERIC), 1) FROM quality WHERE contact_id IN
      (SELECT contact_id FROM signup JOIN form ON form.id = form_id WHERE form.name = :of)""",
    "companies": "SELECT COUNT(*) FROM company",
    "companies.chip": """SELECT CASE :of WHEN 'All' THEN (SELECT COUNT(*) FROM company)
      WHEN 'With a usable contact' THEN (SELECT COUNT(*) FROM company WHERE usable)
      ELSE (SELECT COUNT(*) FROM company WHERE NOT usable) END""",
    "companies.usable": "SELECT COUNT(*) FROM company WHERE usable",
    "companies.usable-share": "SELECT 1.0 * SUM(CASE WHEN usable THEN 1 ELSE 0 END) / COUNT(*) FROM company",
    "company.persons": """SELECT COUNT(*) FROM position JOIN company ON company.id = company_id
      WHERE UID(company.uid) AND ended_at IS NULL""",
    "duplicates.chip": """SELECT CASE :of WHEN 'To review' THEN (SELECT COUNT(*) FROM duplicate WHERE state = 'open')
      WHEN 'Merged' THEN (SELECT COUNT(*) FROM contact_merge WHERE undone_at IS NULL)
      ELSE (SELECT COUNT(*) FROM duplicate WHERE state = 'apart') END""",
    "pair.score": "SELECT score FROM duplicate WHERE CAST(id AS TEXT) = :of",
    "fields": "SELECT COUNT(*) FROM field WHERE state = 'active'",
    "fields.minutes": f"""SELECT ROUND(2.0 * (SELECT COUNT(*) FROM field WHERE state = 'active') / 1000
      * (SELECT COUNT(*) FROM contact WHERE {COUNTED}))""",
    "fields.total": f"SELECT COUNT(*) FROM contact WHERE {COUNTED}",
    "field.filled": f"""SELECT 1.0 * SUM(CASE WHEN COALESCE(GIVEN(answers), '') NOT IN ('', '[]') THEN 1 ELSE 0 END)
      / COUNT(*) FROM contact WHERE {COUNTED}""",
    "field.options": "SELECT OPTIONS(options) FROM field WHERE key = :of",
    # Files, mails, consent, people who work here
    "export.rows": "SELECT rows FROM export_run WHERE UID(uid)",
    "import.rows": "SELECT COUNT(*) FROM import_row JOIN import_run ON import_run.id = run_id WHERE UID(uid)",
    "import.about": "SELECT total FROM import_run WHERE UID(uid)",
    "outbox.mails": "SELECT COUNT(*) FROM message",
    "outbox.chip": "SELECT COUNT(*) FROM message WHERE :of IN ('All', 'Failed')",
    "failure.*": "SELECT COUNT(*) FROM message WHERE state = 'failed'",
    "message.attempt": "SELECT attempt FROM message WHERE CAST(id AS TEXT) = :of",
    "outbox.waiting": "SELECT COUNT(*) FROM message WHERE state IN ('ready', 'retry', 'claimed', 'handed')",
    "outbox.failed": "SELECT COUNT(*) FROM message WHERE state = 'failed'",
    "health.delivered": f"SELECT COUNT(*) FROM message WHERE state = 'sent' AND {_GROUP} AND NOT AGED(sent_at, 7)",
    "health.deferred": f"SELECT COUNT(*) FROM message WHERE state = 'retry' AND {_GROUP} AND NOT AGED(created_at, 7)",
    **{
        f"health.{name}": f"""SELECT COUNT(DISTINCT message_id) FROM returned_mail
          JOIN message ON message.id = message_id
          WHERE bounce_class = '{word}' AND {_GROUP} AND NOT AGED(received_at, 7)"""
        for name, word in (("hard", "hard"), ("soft", "soft"), ("ours", "ours"), ("complaints", "complaint"))
    },
    "health.unsubscribed": f"""SELECT COUNT(*) FROM subscription JOIN contact ON contact.id = contact_id
      WHERE state = 'unsubscribed' AND {_GROUP.replace("recipient", "address")} AND NOT AGED(state_at, 7)""",
    "health.answer": "SELECT COUNT(*) FROM message WHERE state = 'retry'",
    "dmarc.mails": "SELECT SUM(n) FROM dmarc_count",
    "held.*": "SELECT 0",
    "suppression.reason": "SELECT COUNT(*) FROM suppression WHERE reason = :of",
    "unconfirmed.of": "SELECT COUNT(*) FROM signup WHERE NOT AGED(created_at, 1)",
    "unconfirmed.share": """SELECT ROUND(CAST(100.0 * SUM(CASE WHEN state IN ('pending', 'disowned') THEN 1 ELSE 0 END)
      / COUNT(*) AS NUMERIC)) / 100 FROM signup WHERE NOT AGED(created_at, 1)""",
    "ledger.entries": "SELECT COUNT(*) FROM ledger_entry",
    "ledger.waiting": """SELECT (SELECT COUNT(*) FROM audit_entry) + COUNT(*) FROM consent_event
      JOIN contact ON contact.id = contact_id WHERE nature = 'real'""",
    "wordings": "SELECT COUNT(DISTINCT wording_hash) FROM consent_event WHERE wording_hash IS NOT NULL",
    "wording.consents": """SELECT COUNT(*) FROM consent_event WHERE wording_hash = :of
      AND type IN ('confirmed', 'imported', 'tracking_granted')""",
    "partner.agreed": """SELECT COUNT(*) FROM partner_consent JOIN partner ON partner.id = partner_id
      WHERE slug = :of AND state = 'confirmed'""",
    "partner.version": """SELECT MAX(number) FROM partner_version JOIN partner ON partner.id = partner_id
      WHERE slug = :of""",
    "partner-version.agreed": """SELECT COUNT(*) FROM partner_consent WHERE CAST(version_id AS TEXT) = :of
      AND state = 'confirmed'""",
    "partner-version.number": "SELECT number FROM partner_version WHERE CAST(id AS TEXT) = :of",
    "tracked.*": """SELECT COUNT(*) FROM tracking_consent JOIN mailing_list ON mailing_list.id = list_id
      WHERE slug = :of AND purpose = :part AND state = 'granted'""",
    "kiosks": "SELECT COUNT(*) FROM till",
    "kiosk.entries": "SELECT COUNT(*) FROM kiosk_entry JOIN till ON till.id = till_id WHERE UID(till.uid)",
    "kiosk-report.entries": "SELECT COUNT(*) FROM kiosk_entry",
    "staff": "SELECT COUNT(*) FROM staff",
    "operators": "SELECT COUNT(*) FROM operator",
    "api-keys": "SELECT COUNT(*) FROM api_key",
    "webhooks": "SELECT COUNT(*) FROM webhook",
    "webhook-waiting": "SELECT COUNT(*) FROM webhook_delivery WHERE state IN ('waiting', 'sending')",
    "retention.due": """SELECT CASE WHEN :of LIKE 'signup, consent_event%' THEN
      (SELECT COUNT(*) FROM signup WHERE ip IS NOT NULL AND AGED(created_at, 30))
      + (SELECT COUNT(*) FROM consent_event WHERE ip IS NOT NULL AND AGED(at, 30)) ELSE 0 END""",
}
