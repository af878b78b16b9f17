-- name: listen
LISTEN {channel};

-- name: look
SELECT 1;
