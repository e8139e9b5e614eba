-- Readies the transaction for the other queries: every name is printed with its schema, and no
-- time goes into compiling queries that run once.
select set_config('search_path', '', true) || set_config('jit', 'off', true)
