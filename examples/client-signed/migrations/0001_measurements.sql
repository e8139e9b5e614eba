create table measurements (
  id bigint generated always as identity primary key,
  celsius double precision not null,
  written_by text not null default current_setting('request.jwt.claims')::json ->> 'role'
);
grant select, insert on measurements to service_role;
