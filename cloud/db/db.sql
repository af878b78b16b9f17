-- name: set_scope
SELECT set_config('app.scope', %(scope)s, true), set_config('app.stores', %(stores)s, true);
