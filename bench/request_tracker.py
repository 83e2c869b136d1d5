"""Request Tracker 5 from Debian, in a temporary folder: its database, the same items as Beheer's, and its server.

Needs the packages request-tracker5 and rt5-db-postgresql. RT's own tool makes the schema and the first data, RT's own
API makes queues, users and rights. Tickets go in by SQL, since the API takes some tens of milliseconds each: with the
very rows that the API makes for one (ticket, transactions, attachments, four role groups with their principals and
memberships), seen in a store after the API had made one. Left out are the records of mails that RT sent.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

LIBRARY = "/usr/share/request-tracker5/lib"
SERVER = "/usr/share/request-tracker5/libexec/rt-server"
SETUP = "/usr/sbin/rt-setup-database-5"
PASSWORD = "bench-password"
EPOCH = "timestamp '1970-01-01'"
CONFIGURATION = """
Set($rtname, 'bench'); Set($WebDomain, '127.0.0.1'); Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}'); Set($RestrictReferrer, 0);
Set($DatabaseType, 'Pg'); Set($DatabaseHost, '{host}'); Set($DatabaseUser, 'bench'); Set($DatabaseAdmin, 'bench');
Set($DatabasePassword, ''); Set($DatabaseName, 'rt5'); Set($WebSessionClass, 'Apache::Session::File');
Set($LogToSyslog, undef); Set($LogToSTDERR, 'error'); Set($LogToFile, undef); Set($ShowHistory, 'always');
Set(%FullTextSearch, Enable => 1, Indexed => 1, Column => 'ContentIndex', Table => 'AttachmentsIndex');
1;
"""
PEOPLE = """
use RT; RT::LoadConfig(); RT::Init(); my $s = RT->SystemUser;
for my $n (0 .. 9) { my ($id, $m) = RT::Queue->new($s)->Create(Name => "team$n"); die $m unless $id }
for my $n (0 .. 39) {
  my ($id, $m) = RT::User->new($s)->Create(Name => "user$n", EmailAddress => "user$n\\@example.org",
    Privileged => 1, Password => 'PASSWORD'); die $m unless $id }
my $g = RT::Group->new($s); $g->LoadSystemInternalGroup('Privileged');
$g->PrincipalObj->GrantRight(Right => $_, Object => RT->System)
  for qw(OwnTicket ShowTicket ShowTicketComments SeeQueue ModifyTicket ReplyToTicket CommentOnTicket);
""".replace("PASSWORD", PASSWORD)
STAGE = (
    "CREATE TABLE source (id int, subject text, body text, team int, owner int, requester int, status text,"
    " priority int, created timestamp, ended timestamp, due timestamp)"
)
# Four groups a ticket: their ids follow the last principal.
FILL = f"""
CREATE TABLE base AS SELECT (SELECT max(id) FROM principals) AS p, (SELECT max(id) FROM cachedgroupmembers) AS c,
  (SELECT max(id) FROM transactions) AS t, (SELECT coalesce(max(id), 0) FROM attachments) AS a;
CREATE TABLE person AS SELECT id, substr(name, 5)::int AS n FROM users WHERE name ~ '^user[0-9]+$';
CREATE TABLE queue AS SELECT id, substr(name, 5)::int AS n FROM queues WHERE name ~ '^team[0-9]+$';
INSERT INTO tickets (id, effectiveid, queue, type, owner, subject, priority, status, told, starts, started, due,
  resolved, lastupdatedby, lastupdated, creator, created)
SELECT s.id, s.id, q.id, 'ticket', coalesce(o.id, 6), subject, priority, status, {EPOCH}, {EPOCH}, created,
  coalesce(due, {EPOCH}), coalesce(ended, {EPOCH}), 1, coalesce(ended, created), r.id, created
FROM source s JOIN queue q ON q.n = s.team JOIN person r ON r.n = s.requester LEFT JOIN person o ON o.n = s.owner;
CREATE TABLE role AS SELECT base.p + 4 * (s.id - 1) + k.k AS id, k.name, s.id AS ticket, created, base.c, k.k,
  CASE k.name WHEN 'Owner' THEN coalesce(o.id, 6) WHEN 'Requestor' THEN r.id END AS member
FROM base, source s JOIN person r ON r.n = s.requester LEFT JOIN person o ON o.n = s.owner,
  (VALUES (1, 'AdminCc'), (2, 'Cc'), (3, 'Owner'), (4, 'Requestor')) AS k (k, name);
INSERT INTO principals (id, principaltype, disabled) SELECT id, 'Group', 0 FROM role;
INSERT INTO groups (id, name, domain, instance, creator, created, lastupdatedby, lastupdated)
SELECT id, name, 'RT::Ticket-Role', ticket, 1, created, 1, created FROM role;
INSERT INTO groupmembers (groupid, memberid, creator, created, lastupdatedby, lastupdated)
SELECT id, member, 1, created, 1, created FROM role WHERE member IS NOT NULL;
INSERT INTO cachedgroupmembers (id, groupid, memberid, via, immediateparentid, disabled)
SELECT c + 8 * (ticket - 1) + 2 * k - 1, id, id, c + 8 * (ticket - 1) + 2 * k - 1, id, 0 FROM role
UNION ALL SELECT c + 8 * (ticket - 1) + 2 * k, id, member, c + 8 * (ticket - 1) + 2 * k, id, 0 FROM role
WHERE member IS NOT NULL;
CREATE TABLE said AS SELECT row_number() OVER (ORDER BY s.id, k.k) AS n, s.*, k.type, k.k FROM source s,
  (VALUES (1, 'Create'), (2, 'Correspond'), (3, 'Correspond'), (4, 'Comment'), (5, 'Status')) AS k (k, type)
WHERE k.k = 1 OR (k.k = 5) = (s.ended IS NOT NULL);
INSERT INTO transactions (id, objecttype, objectid, type, field, oldvalue, newvalue, creator, created)
SELECT base.t + n, 'RT::Ticket', s.id, type, CASE k WHEN 5 THEN 'Status' END, CASE k WHEN 5 THEN 'new' END,
  CASE k WHEN 5 THEN 'resolved' END, 1, CASE k WHEN 5 THEN ended ELSE created END FROM base, said s;
INSERT INTO attachments (id, transactionid, parent, subject, contenttype, contentencoding, content, headers, creator,
  created)
SELECT base.a + n, base.t + n, 0, subject, 'text/plain', 'none',
  CASE k WHEN 1 THEN subject || E'\\n' || body ELSE body || body || body END,
  'Content-Type: text/plain; charset="utf-8"', 1, created FROM base, said s WHERE k < 5;
CREATE TABLE attachmentsindex (id SERIAL PRIMARY KEY, contentindex tsvector);
INSERT INTO attachmentsindex (id, contentindex) SELECT id, to_tsvector(content) FROM attachments;
CREATE INDEX contentindex_idx ON attachmentsindex USING gin (contentindex);
SELECT setval('principals_id_seq', (SELECT max(id) FROM principals));
SELECT setval('tickets_id_seq', (SELECT max(id) FROM tickets));
SELECT setval('transactions_id_seq', (SELECT max(id) FROM transactions));
SELECT setval('attachments_id_seq', (SELECT max(id) FROM attachments));
SELECT setval('cachedgroupmembers_id_seq', (SELECT max(id) FROM cachedgroupmembers));
DROP TABLE role, said, base, person, queue, source;
"""


def is_there() -> bool:
    """Whether RT is on this machine."""
    return Path(SETUP).exists() and Path(SERVER).exists()


def environment(folder: Path, host: str, port: int) -> dict[str, str]:
    """The environment in which RT finds a configuration of its own."""
    (folder / "conf.d").mkdir(parents=True, exist_ok=True)
    (folder / "RT_SiteConfig.pm").write_text(CONFIGURATION.format(host=host, port=port))
    own = {"RT_SITE_CONFIG": str(folder / "RT_SiteConfig.pm"), "RT_SITE_CONFIG_DIR": str(folder / "conf.d")}
    return os.environ | own


def fill(host: str, given: dict[str, str], items: Iterable[dict[str, Any]], world: Any) -> None:
    """Make RT's database and put the items in as tickets: a team is a queue, who has it the owner."""
    setup = [SETUP, "--action", "init", "--dba", "bench", "--dba-password", "", "--force"]
    subprocess.run(setup, env=given, check=True, capture_output=True)
    subprocess.run(["perl", f"-I{LIBRARY}", "-e", PEOPLE], env=given, check=True, capture_output=True)
    teams = {pk: n for n, pk in enumerate(world.teams)}
    people = {pk: n for n, pk in enumerate(world.people)}
    with psycopg.connect(f"host={host} user=bench dbname=rt5") as store:
        store.execute(STAGE)
        with store.cursor().copy("COPY source FROM STDIN") as copy:
            for item in items:
                status = {"open": "open", "waiting": "stalled"}.get(item["phase"], "resolved")
                owner = people[item["assignee_id"]] if item["assignee_id"] else None
                copy.write_row(
                    (item["id"], item["title"], item["description"], teams[item["team_id"]], owner,
                     people[item["requester_id"]], status, item["priority"], item["opened_at"].replace(tzinfo=None),
                     item["closed_at"] and item["closed_at"].replace(tzinfo=None),
                     item["due_at"] and item["due_at"].replace(tzinfo=None))
                )  # fmt: skip
        for statement in FILL.split(";\n"):
            if statement.strip():
                store.execute(statement)
    with psycopg.connect(f"host={host} user=bench dbname=rt5", autocommit=True) as store:
        store.execute("VACUUM ANALYZE")


@contextmanager
def server(given: dict[str, str], port: int) -> Iterator[None]:
    """RT's own server on this port, with Starman and two processes."""
    command = [SERVER, "--server", "Starman", "--workers", "2", "--port", str(port)]
    with subprocess.Popen(
        command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            yield
        finally:
            running.terminate()
