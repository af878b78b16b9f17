-- name: set_scope
SELECT set_config('app.scope', %(scope)s, true), set_config('app.stores', %(stores)s, true);

-- name: set_reading_scope
SELECT set_config('app.scope', %(scope)s, true), set_config('app.stores', %(stores)s, true),
       set_config('transaction_read_only', 'on', true);
