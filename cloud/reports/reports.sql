-- name: minor_digits
SELECT currency, max(minor_digits) FROM zone GROUP BY currency;
