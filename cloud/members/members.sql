-- name: put_member
INSERT INTO member (member_id, store_id, name, phone, phone_tail, code, cards, tier, groups, birthday, note,
                    consent_messages, consent_profile, active, joined_at_ms, changed_at_ms, feed_due)
VALUES (%(member_id)s, %(store_id)s, %(name)s, %(phone)s, %(phone_tail)s, %(code)s, %(cards)s, %(tier)s, %(groups)s, %(birthday)s,
        %(note)s, %(consent_messages)s, %(consent_profile)s, %(active)s, %(joined_at_ms)s, %(changed_at_ms)s, true)
ON CONFLICT (member_id) DO UPDATE SET
    store_id = excluded.store_id, name = excluded.name, phone = excluded.phone, phone_tail = excluded.phone_tail,
    code = excluded.code, cards = excluded.cards, tier = excluded.tier, groups = excluded.groups, birthday = excluded.birthday,
    note = excluded.note, consent_messages = excluded.consent_messages, consent_profile = excluded.consent_profile,
    active = excluded.active, changed_at_ms = excluded.changed_at_ms, feed_due = true;

-- name: get_member
SELECT member_id, store_id, name, phone, phone_tail, code, cards, tier, groups, birthday, note, consent_messages,
       consent_profile, active, joined_at_ms, changed_at_ms, points, points_at_ms
FROM member WHERE member_id = %(member_id)s;

-- name: list_members
SELECT member_id, store_id, name, phone, phone_tail, code, cards, tier, groups, birthday, note, consent_messages,
       consent_profile, active, joined_at_ms, changed_at_ms, points, points_at_ms
FROM member
WHERE member_id > %(after)s
  AND (%(text)s = '' OR name ILIKE '%%' || %(text)s || '%%' OR code = %(text)s OR phone_tail = %(text)s
       OR phone = %(text)s OR member_id = %(text)s OR %(text)s = ANY (cards))
ORDER BY member_id LIMIT %(limit)s;

-- name: taken
-- Somebody else with the same code, card or phone number, wherever they are at home.
SELECT member_id, code = %(code)s, phone <> '' AND phone = %(phone)s FROM member
WHERE member_id <> %(member_id)s
  AND (code = %(code)s OR (phone <> '' AND phone = %(phone)s) OR cards && %(cards)s::text[]) LIMIT 1;

-- name: find
-- By code, card or whole phone number; by tail when asked.
SELECT member_id, store_id, name, phone, phone_tail, code, cards, tier, groups, birthday, note, consent_messages,
       consent_profile, active, joined_at_ms, changed_at_ms, points, points_at_ms
FROM member
WHERE active AND (
    (%(member_id)s <> '' AND member_id = %(member_id)s)
    OR (%(member_id)s = '' AND (code = %(code)s OR cards @> ARRAY[%(card)s]
                                OR (phone <> '' AND phone = %(phone)s)
                                OR (%(tail)s <> '' AND phone_tail <> '' AND phone_tail = %(tail)s))))
ORDER BY (store_id = %(store_id)s) DESC, name, member_id LIMIT %(limit)s;

-- name: coupons_of
SELECT a.account_id, a.promotion_id, a.tail, a.valid_from_ms, l.expires_ms
FROM value_account a JOIN value_lot l ON l.account_id = a.account_id AND l.free > 0
WHERE a.member_id = %(member_id)s AND a.kind = 'coupon' AND NOT a.blocked
  AND (l.expires_ms IS NULL OR l.expires_ms > %(now_ms)s)
ORDER BY l.expires_ms NULLS LAST, a.account_id LIMIT %(limit)s;

-- name: policy
SELECT salt, believe_seconds, points_per_unit, points_step, points_months, remember_days FROM member_policy;

-- name: put_policy
UPDATE member_policy SET believe_seconds = %(believe_seconds)s, points_per_unit = %(points_per_unit)s,
    points_step = %(points_step)s, points_months = %(points_months)s, remember_days = %(remember_days)s, due = true;

-- name: policy_due
UPDATE member_policy SET due = false WHERE due RETURNING 1;

-- name: allowances
SELECT d.value_kind, coalesce(a.per_transaction, d.per_transaction), coalesce(a.per_account_day, d.per_account_day),
       coalesce(a.per_outage, d.per_outage)
FROM value_allowance_default d
LEFT JOIN value_allowance a ON a.store_id = %(store_id)s AND a.value_kind = d.value_kind ORDER BY d.value_kind;

-- name: stores
SELECT s.store_id FROM store s ORDER BY s.store_id;

-- name: stores_without_policy
-- Stores that were added since.
SELECT s.store_id FROM store s
WHERE NOT EXISTS (SELECT 1 FROM feed_row r WHERE r.feed_id = 'store/' || s.store_id || '/member' AND r.key = 'member_policy')
ORDER BY s.store_id LIMIT %(limit)s;

-- name: due
UPDATE member SET feed_due = false
WHERE member_id IN (SELECT member_id FROM member WHERE feed_due ORDER BY member_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING member_id, store_id, name, phone, phone_tail, code, cards, tier, groups, birthday, note, consent_messages,
          consent_profile, active, joined_at_ms, changed_at_ms, points, points_at_ms;

-- name: stores_of
SELECT v.member_id, v.store_id FROM member_visit v
WHERE v.member_id = ANY (%(member_ids)s) AND v.last_at_ms >= %(since_ms)s;

-- name: known_in
SELECT r.feed_id FROM feed_row r WHERE r.key = %(key)s AND r.key LIKE 'member/%%' AND r.feed_id LIKE 'store/%%/member';

-- name: rows_in_feed
SELECT row_count FROM feed WHERE feed_id = %(feed_id)s;

-- name: forgotten
-- Rows of a store's feed whose member neither lives there nor shopped there lately.
SELECT r.key FROM feed_row r
WHERE r.feed_id = %(feed_id)s AND r.key LIKE 'member/%%'
  AND NOT EXISTS (SELECT 1 FROM member m WHERE 'member/' || m.member_id = r.key AND m.store_id = %(store_id)s AND m.active)
  AND NOT EXISTS (SELECT 1 FROM member_visit v WHERE v.store_id = %(store_id)s AND 'member/' || v.member_id = r.key
                  AND v.last_at_ms >= %(since_ms)s)
LIMIT %(limit)s;
