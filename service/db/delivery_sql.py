"""The statements by which workers take deliveries and note what came of them. On bare connections: the hottest path.

What is due, and until when a delivery is leased, is judged by the database's clock alone: `statement_timestamp()`, by
which an index may be searched, and which unlike `now()` does not stand still while a transaction waits for its turn.
"""

LOCK = "SELECT pg_advisory_xact_lock(5151220251218)"
"""Whoever claims or settles has this lock to the end of the transaction."""

BEGIN = f"""
BEGIN;
SET LOCAL idle_in_transaction_session_timeout = '5s';
SET LOCAL enable_bitmapscan = off;
{LOCK}
"""
"""One worker claims at a time: two at once would each count the other's not yet, and go beyond an endpoint's cap.

In a statement of its own, so that the next one sees what the claim before has left. A worker that is frozen while it
has the lock is cut off: the others don't wait for it. No bitmap scans: they read what is dead in an index again and
again, and of what was in flight nearly all is; a plain index scan marks it as dead, and passes over it from then on.
"""

CLAIM = """
WITH endpoint AS (
  SELECT e.id, e.state, e.ordered, e.max_in_flight - coalesce(busy.deliveries, 0) AS room
  FROM webhook_endpoint e
  LEFT JOIN (
    SELECT endpoint_id, count(*) AS deliveries FROM webhook_delivery WHERE state = 'in_flight' GROUP BY endpoint_id
  ) busy ON busy.endpoint_id = e.id
  WHERE e.max_in_flight > coalesce(busy.deliveries, 0)
), due AS (
  SELECT found.id, found.next_attempt_at
  FROM endpoint e CROSS JOIN LATERAL (
    SELECT d.id, d.next_attempt_at FROM webhook_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_attempt_at <= statement_timestamp()
      AND (NOT e.ordered OR NOT EXISTS (
        SELECT FROM webhook_delivery earlier
        WHERE earlier.endpoint_id = d.endpoint_id AND earlier.subject = d.subject AND earlier.sequence < d.sequence
          AND earlier.state IN ('pending', 'in_flight')))
    ORDER BY d.next_attempt_at, d.id
    LIMIT e.room
    FOR NO KEY UPDATE OF d SKIP LOCKED
  ) found
  WHERE e.state = 'active'
  UNION ALL
  SELECT found.id, found.next_attempt_at
  FROM (
    SELECT DISTINCT endpoint_id FROM webhook_delivery WHERE state = 'pending' AND is_ping
  ) pinged
  JOIN endpoint e ON e.id = pinged.endpoint_id CROSS JOIN LATERAL (
    SELECT d.id, d.next_attempt_at FROM webhook_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.is_ping AND d.next_attempt_at <= statement_timestamp()
    ORDER BY d.next_attempt_at, d.id
    LIMIT e.room
    FOR NO KEY UPDATE OF d SKIP LOCKED
  ) found
  WHERE e.state <> 'active'
), taken AS (
  UPDATE webhook_delivery d
  SET state = 'in_flight', attempts = d.attempts + 1, claim = $2::uuid,
    lease_until = statement_timestamp() + $3::interval
  FROM (SELECT id, next_attempt_at FROM due ORDER BY next_attempt_at, id LIMIT $1) oldest
  WHERE d.id = oldest.id
  RETURNING d.id, d.endpoint_id, d.event_id, d.attempts, d.is_ping, d.next_attempt_at
)
SELECT taken.id, taken.endpoint_id, taken.event_id, taken.attempts, taken.is_ping, e.url, e.failing_since,
  convert_to(event.body, 'UTF8') AS body,
  ARRAY (
    SELECT s.ciphertext FROM webhook_secret s
    WHERE s.endpoint_id = e.id AND (s.valid_until IS NULL OR s.valid_until > statement_timestamp())
    ORDER BY s.created_at DESC, s.id DESC
  ) AS secrets,
  clock_timestamp() AS now
FROM taken
JOIN webhook_endpoint e ON e.id = taken.endpoint_id
JOIN event ON event.id = taken.event_id
ORDER BY taken.next_attempt_at, taken.id
"""
"""Take up to $1 deliveries, the longest due first, with the proof $2 and for the time $3.

Of each endpoint as many as its cap leaves room for, so that one that hangs takes nobody else's place. Of an ordered
endpoint only the earliest of each subject that is not settled; sequences are given under the lock of the subject's row,
so an earlier one can't appear later. Endpoints that aren't active are sent their pings alone.
"""

SETTLE = """
WITH ended AS (
  SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS ended (id uuid, claim uuid, state text,
    next_attempt_at timestamptz, status integer, error text, at timestamptz, ended_at timestamptz, milliseconds integer,
    headers jsonb, answer text)
), locked AS (
  SELECT count(*) AS endpoints FROM (
    SELECT FROM webhook_endpoint
    WHERE id = ANY (ARRAY (SELECT d.endpoint_id FROM ended JOIN webhook_delivery d ON d.id = ended.id))
    ORDER BY id FOR NO KEY UPDATE
  ) endpoint
), settled AS (
  UPDATE webhook_delivery d
  SET state = ended.state, next_attempt_at = ended.next_attempt_at, last_status = ended.status,
    last_error = ended.error, claim = NULL, lease_until = NULL
  FROM ended
  WHERE d.id = ended.id AND d.claim = ended.claim AND d.state = 'in_flight'
    AND (SELECT endpoints FROM locked) >= 0
  RETURNING d.id, d.endpoint_id, d.subject, d.sequence, d.attempts, ended.state, ended.status, ended.error, ended.at,
    ended.ended_at, ended.milliseconds, ended.headers, ended.answer
), following AS (
  UPDATE webhook_delivery d
  SET next_attempt_at = statement_timestamp()
  FROM settled JOIN webhook_endpoint e ON e.id = settled.endpoint_id AND e.ordered CROSS JOIN LATERAL (
    SELECT f.id FROM webhook_delivery f
    WHERE f.endpoint_id = settled.endpoint_id AND f.subject = settled.subject AND f.sequence > settled.sequence
      AND f.state IN ('pending', 'in_flight')
    ORDER BY f.sequence LIMIT 1
  ) next
  WHERE settled.state <> 'pending' AND d.id = next.id AND d.state = 'pending' AND d.attempts = 0
    AND d.next_attempt_at > statement_timestamp()
), noted AS (
  INSERT INTO webhook_attempt (delivery_id, number, at, status, error, milliseconds, request_headers, answer)
  SELECT id, attempts, at, status, error, milliseconds, headers, decode(answer, 'base64') FROM settled
), health AS (
  UPDATE webhook_endpoint e
  SET last_success_at = greatest(e.last_success_at, came.success),
    last_failure_at = greatest(e.last_failure_at, came.failure),
    failing_since = CASE
      WHEN came.success IS NULL THEN coalesce(e.failing_since, came.first_failure)
      WHEN came.failure > came.success THEN came.failure
    END
  FROM (
    SELECT endpoint_id, max(ended_at) FILTER (WHERE state = 'succeeded') AS success,
      max(ended_at) FILTER (WHERE state <> 'succeeded') AS failure,
      min(ended_at) FILTER (WHERE state <> 'succeeded') AS first_failure
    FROM settled GROUP BY endpoint_id
  ) came
  WHERE e.id = came.endpoint_id
)
SELECT id FROM settled
"""
"""Note what came of attempts, of those alone that are still the worker's own; return which they were.

$1 is JSON text: one parameter is half as dear to the worker as an array for each column.

Endpoints are locked before their deliveries and in one order, as by all who lock both: nobody waits in a circle with
another worker, or with somebody who removes the endpoint. What follows in order on what is done with is due now, for it
may have been put off.
"""

PUT_OFF = """
WITH blocked AS (
  SELECT waiting.id, first.until
  FROM webhook_endpoint e CROSS JOIN LATERAL (
    SELECT d.id, d.subject, d.sequence FROM webhook_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.attempts = 0
      AND d.next_attempt_at <= statement_timestamp()
    ORDER BY d.next_attempt_at, d.id LIMIT $1
  ) waiting CROSS JOIN LATERAL (
    SELECT CASE earlier.state WHEN 'in_flight' THEN earlier.lease_until ELSE earlier.next_attempt_at END AS until
    FROM webhook_delivery earlier
    WHERE earlier.endpoint_id = e.id AND earlier.subject = waiting.subject AND earlier.sequence < waiting.sequence
      AND earlier.state IN ('pending', 'in_flight')
    ORDER BY earlier.sequence LIMIT 1
  ) first
  WHERE e.ordered AND e.state = 'active' AND first.until > statement_timestamp()
)
UPDATE webhook_delivery d SET next_attempt_at = blocked.until
FROM blocked WHERE d.id = blocked.id AND d.state = 'pending'
"""
"""Put off what waits for an earlier one of its subject until that is due, or its lease over; $1 of an endpoint at most.

Else every claim would look through all of it again, and a large backlog of one ordered endpoint slow down all others.
Under the lock: an earlier one that is settled meanwhile would not find what to wake.
"""

RELEASE_EXPIRED = """
WITH expired AS (
  SELECT id, lease_until FROM webhook_delivery
  WHERE state = 'in_flight' AND lease_until <= statement_timestamp()
  FOR NO KEY UPDATE SKIP LOCKED
), released AS (
  UPDATE webhook_delivery d
  SET state = CASE WHEN d.attempts < $1 THEN 'pending' ELSE 'failed' END,
    next_attempt_at = CASE WHEN d.attempts < $1 THEN d.next_attempt_at END,
    last_status = NULL, last_error = $2, claim = NULL, lease_until = NULL
  FROM expired WHERE d.id = expired.id
  RETURNING d.id, d.attempts, expired.lease_until
)
INSERT INTO webhook_attempt (delivery_id, number, at, error, milliseconds, request_headers, answer)
SELECT id, attempts, lease_until, $2, 0, '{}', '' FROM released
RETURNING delivery_id
"""
"""Let others have what a worker had for too long; $1: how many attempts there are, $2: what is noted of the lost one.

It is due since it was due before, so that it comes before all that waits behind it.
"""

SECONDS_TO_NEXT_DUE = """
SELECT extract(epoch FROM min(next.at) - clock_timestamp())::float8
FROM webhook_endpoint e CROSS JOIN LATERAL (
  SELECT d.next_attempt_at AS at FROM webhook_delivery d
  WHERE d.endpoint_id = e.id AND d.state = 'pending'
    AND d.next_attempt_at > statement_timestamp() AND d.next_attempt_at <= statement_timestamp() + $1::interval
  ORDER BY d.next_attempt_at LIMIT 1
) next
WHERE e.state = 'active'
"""
"""How long it is until something is due that isn't yet, NULL if that is longer than $1."""
