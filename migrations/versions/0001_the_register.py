"""The register: organizations, records, targets, and what is kept of every change."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
-- The pairs of neighbouring characters of a text: what a search of two Korean syllables needs (pg_trgm needs three).
CREATE FUNCTION character_pairs(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
  SELECT coalesce(array_agg(DISTINCT substr($1, place, 2)), '{}') FROM generate_series(1, length($1) - 1) AS place
$$;
""",
    """
-- The registry's clock for stamps of changes. Its own function, so that tests can live through a year in a minute.
CREATE FUNCTION registry_clock() RETURNS timestamptz
LANGUAGE sql VOLATILE
AS $$ SELECT clock_timestamp() $$;
""",
    """
-- Stamp the transaction's changes as it commits. The shared lock says "stamped, not visible yet" until it is.
CREATE FUNCTION stamp_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(20251217, 1);
  INSERT INTO change (id, at) VALUES (NEW.change_id, registry_clock()) ON CONFLICT (id) DO NOTHING;
  RETURN NULL;
END
$$;
""",
    """
-- The instant up to which everything is known: waits (about a millisecond) for the transactions that were committing
-- when it was taken. `last_change` names the state: while it is the same, so are all counts.
CREATE FUNCTION register_horizon(OUT known_at timestamptz, OUT last_change timestamptz)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  committing text[];
BEGIN
  known_at := registry_clock();
  SELECT array_agg(virtualtransaction) INTO committing FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 20251217 AND objid = 1 AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  WHILE committing IS NOT NULL LOOP
    PERFORM pg_sleep(0.0005);
    SELECT array_agg(virtualtransaction) INTO committing FROM pg_locks
      WHERE locktype = 'advisory' AND classid = 20251217 AND objid = 1 AND objsubid = 2
        AND virtualtransaction = ANY (committing);
  END LOOP;
  SELECT max(at) INTO last_change FROM change WHERE at <= known_at;
END
$$;
""",
)

TABLES = """
CREATE TABLE change (
  id uuid CONSTRAINT change_pkey PRIMARY KEY,
  at timestamptz NOT NULL
);
CREATE INDEX change_at_idx ON change (at);

CREATE TABLE region (
  code text CONSTRAINT region_pkey PRIMARY KEY,
  iso text,
  name_ko text NOT NULL,
  name_en text NOT NULL,
  short_ko text NOT NULL,
  short_en text NOT NULL,
  type text NOT NULL,
  valid_from date,
  valid_to date,
  successor text CONSTRAINT region_successor_fkey REFERENCES region (code)
);

CREATE TABLE organization (
  id uuid CONSTRAINT organization_pkey PRIMARY KEY,
  name text NOT NULL,
  name_en text,
  kind text NOT NULL CONSTRAINT organization_kind_check CHECK (kind IN ('company', 'partner', 'ministry')),
  business_registration_number text CONSTRAINT organization_business_registration_number_key UNIQUE,
  state text NOT NULL CONSTRAINT organization_state_check CHECK (state IN ('active', 'closed')),
  synthetic boolean NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX organization_name_idx ON organization (name);

CREATE TABLE contact (
  record_id uuid CONSTRAINT contact_pkey PRIMARY KEY,
  name text,
  email text
);

CREATE TABLE api_key (
  id uuid CONSTRAINT api_key_pkey PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT api_key_organization_id_fkey REFERENCES organization (id),
  label text NOT NULL,
  role text NOT NULL CONSTRAINT api_key_role_check CHECK (role IN ('company', 'partner', 'ministry', 'operator')),
  prefix text NOT NULL,
  digest bytea NOT NULL CONSTRAINT api_key_digest_key UNIQUE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_key_organization_id_id_idx ON api_key (organization_id, id);

CREATE TABLE idempotent_answer (
  scope bytea CONSTRAINT idempotent_answer_pkey PRIMARY KEY,
  body_digest bytea NOT NULL,
  status integer NOT NULL,
  location text NOT NULL,
  etag text NOT NULL,
  body text NOT NULL,
  contact_of uuid,
  created_at timestamptz NOT NULL
);
CREATE INDEX idempotent_answer_created_at_idx ON idempotent_answer (created_at);

CREATE SEQUENCE factory_number;
CREATE TABLE factory (
  id uuid CONSTRAINT factory_pkey PRIMARY KEY,
  registry_number text NOT NULL CONSTRAINT factory_registry_number_key UNIQUE,
  organization_id uuid NOT NULL CONSTRAINT factory_organization_id_fkey REFERENCES organization (id),
  name text NOT NULL,
  name_en text,
  external_ref text,
  status text NOT NULL CONSTRAINT factory_status_check
    CHECK (status IN ('submitted', 'verified', 'rejected', 'withdrawn', 'retired')),
  registered_on date NOT NULL,
  retired_on date,
  rejection jsonb,
  region text NOT NULL CONSTRAINT factory_region_fkey REFERENCES region (code),
  industry text NOT NULL,
  division text NOT NULL,
  adoption_date date NOT NULL,
  foundation_model_ids uuid[] NOT NULL,
  project_type text,
  use_cases text[] NOT NULL,
  address text,
  notes text,
  evidence text[] NOT NULL,
  synthetic boolean NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  document text NOT NULL,
  private_part text NOT NULL,
  search_text text NOT NULL,
  name_key text NOT NULL,
  name_digits text NOT NULL,
  CONSTRAINT factory_organization_id_external_ref_key UNIQUE (organization_id, external_ref)
);
CREATE INDEX factory_organization_id_id_idx ON factory (organization_id, id);
CREATE INDEX factory_organization_id_status_id_idx ON factory (organization_id, status, id);
CREATE INDEX factory_status_id_idx ON factory (status, id);
CREATE INDEX factory_region_id_idx ON factory (region, id);
CREATE INDEX factory_division_id_idx ON factory (division, id);
CREATE INDEX factory_industry_id_idx ON factory (industry text_pattern_ops, id);
CREATE INDEX factory_adoption_date_id_idx ON factory (adoption_date, id);
CREATE INDEX factory_updated_at_id_idx ON factory (updated_at, id);
CREATE INDEX factory_name_id_idx ON factory (name COLLATE "C", id);
CREATE INDEX factory_foundation_model_ids_idx ON factory USING gin (foundation_model_ids);
CREATE INDEX factory_search_idx ON factory USING gin (character_pairs(search_text));
CREATE INDEX factory_likeness_idx ON factory (organization_id, region, name_digits);
-- A filter by date finds its few rows among a million by these; a coarser estimate reads through a tenth of them.
ALTER TABLE factory ALTER adoption_date SET STATISTICS 1000, ALTER updated_at SET STATISTICS 1000;

CREATE SEQUENCE foundation_model_number;
CREATE TABLE foundation_model (
  id uuid CONSTRAINT foundation_model_pkey PRIMARY KEY,
  registry_number text NOT NULL CONSTRAINT foundation_model_registry_number_key UNIQUE,
  organization_id uuid NOT NULL CONSTRAINT foundation_model_organization_id_fkey REFERENCES organization (id),
  name text NOT NULL,
  name_en text,
  external_ref text,
  status text NOT NULL CONSTRAINT foundation_model_status_check
    CHECK (status IN ('submitted', 'verified', 'rejected', 'withdrawn', 'retired')),
  registered_on date NOT NULL,
  retired_on date,
  rejection jsonb,
  kind text NOT NULL,
  industries text[] NOT NULL,
  modalities text[] NOT NULL,
  access text NOT NULL,
  model_version text NOT NULL,
  released_on date NOT NULL,
  url text,
  description text,
  synthetic boolean NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  document text NOT NULL,
  private_part text NOT NULL,
  search_text text NOT NULL,
  CONSTRAINT foundation_model_organization_id_external_ref_key UNIQUE (organization_id, external_ref)
);
CREATE INDEX foundation_model_organization_id_id_idx ON foundation_model (organization_id, id);
CREATE INDEX foundation_model_status_id_idx ON foundation_model (status, id);
CREATE INDEX foundation_model_released_on_id_idx ON foundation_model (released_on, id);
CREATE INDEX foundation_model_updated_at_id_idx ON foundation_model (updated_at, id);
CREATE INDEX foundation_model_name_id_idx ON foundation_model (name COLLATE "C", id);
CREATE INDEX foundation_model_search_idx ON foundation_model USING gin (character_pairs(search_text));

CREATE TABLE audit_entry (
  id uuid CONSTRAINT audit_entry_pkey PRIMARY KEY,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL,
  actor_id text,
  actor_label text NOT NULL,
  action text NOT NULL,
  record_type text NOT NULL,
  record_id text NOT NULL,
  request_id text,
  before jsonb,
  after jsonb,
  changed text[] NOT NULL
);
CREATE INDEX audit_entry_record_id_id_idx ON audit_entry (record_id, id);
CREATE INDEX audit_entry_actor_id_id_idx ON audit_entry (actor_id, id);
CREATE INDEX audit_entry_at_id_idx ON audit_entry (at, id);

CREATE TABLE standing (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT standing_pkey PRIMARY KEY,
  change_id uuid NOT NULL,
  record_type text NOT NULL CONSTRAINT standing_record_type_check
    CHECK (record_type IN ('factory', 'foundation_model')),
  record_id uuid NOT NULL,
  version integer NOT NULL,
  status text NOT NULL,
  counts_on date NOT NULL,
  registered_on date NOT NULL,
  region text,
  industry text,
  project_type text,
  model_kind text,
  foundation_model_ids uuid[] NOT NULL DEFAULT '{}',
  synthetic boolean NOT NULL
);
CREATE UNIQUE INDEX standing_record_id_version_idx ON standing (record_id, version);
CREATE INDEX standing_change_id_idx ON standing (change_id);
CREATE CONSTRAINT TRIGGER standing_stamp AFTER INSERT ON standing
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp_change();

CREATE TABLE target (
  code text CONSTRAINT target_pkey PRIMARY KEY,
  name_ko text NOT NULL,
  name_en text NOT NULL,
  metric text NOT NULL CONSTRAINT target_metric_check CHECK (metric IN ('factories', 'foundation_models')),
  counts_from date NOT NULL,
  starts_on date NOT NULL,
  due_on date NOT NULL,
  goal integer NOT NULL,
  baseline integer NOT NULL,
  trajectory jsonb NOT NULL,
  plan_basis text NOT NULL CONSTRAINT target_plan_basis_check CHECK (plan_basis IN ('assumed', 'confirmed')),
  call_closes_on date,
  filter jsonb NOT NULL,
  alert_policy jsonb NOT NULL,
  state text NOT NULL CONSTRAINT target_state_check CHECK (state IN ('active', 'closed')),
  source text,
  synthetic boolean NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT target_window_check CHECK (starts_on <= due_on AND counts_from <= starts_on)
);

CREATE TABLE target_revision (
  code text CONSTRAINT target_revision_code_fkey REFERENCES target (code),
  version integer,
  change_id uuid NOT NULL,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL,
  actor_id text,
  actor_label text NOT NULL,
  reason text NOT NULL,
  document jsonb NOT NULL,
  CONSTRAINT target_revision_pkey PRIMARY KEY (code, version)
);
CREATE INDEX target_revision_change_id_idx ON target_revision (change_id);
"""

# The service may do this and no more: what happened can be added to, never altered.
PRIVILEGES = """
GRANT SELECT ON region TO axreg_app;
GRANT SELECT, INSERT ON audit_entry, standing, change, target_revision TO axreg_app;
GRANT SELECT, INSERT, UPDATE ON organization, factory, foundation_model, api_key, target TO axreg_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON contact, idempotent_answer TO axreg_app;
GRANT USAGE ON SEQUENCE factory_number, foundation_model_number TO axreg_app;
GRANT SELECT ON alembic_version TO axreg_app;
"""

REGIONS = """
INSERT INTO region (code, iso, name_ko, name_en, short_ko, short_en, type, valid_from, valid_to, successor) VALUES
    ('11', 'KR-11', '서울특별시', 'Seoul Special City', '서울', 'Seoul', 'special city', NULL, NULL, NULL),
    ('12', NULL, '전남광주통합특별시', 'Jeonnam-Gwangju Integrated Special City', '전남광주', 'Jeonnam-Gwangju', 'integrated special city', '2026-07-01', NULL, NULL),
    ('26', 'KR-26', '부산광역시', 'Busan Metropolitan City', '부산', 'Busan', 'metropolitan city', NULL, NULL, NULL),
    ('27', 'KR-27', '대구광역시', 'Daegu Metropolitan City', '대구', 'Daegu', 'metropolitan city', NULL, NULL, NULL),
    ('28', 'KR-28', '인천광역시', 'Incheon Metropolitan City', '인천', 'Incheon', 'metropolitan city', NULL, NULL, NULL),
    ('30', 'KR-30', '대전광역시', 'Daejeon Metropolitan City', '대전', 'Daejeon', 'metropolitan city', NULL, NULL, NULL),
    ('31', 'KR-31', '울산광역시', 'Ulsan Metropolitan City', '울산', 'Ulsan', 'metropolitan city', NULL, NULL, NULL),
    ('36', 'KR-50', '세종특별자치시', 'Sejong Special Self-Governing City', '세종', 'Sejong', 'special self-governing city', NULL, NULL, NULL),
    ('41', 'KR-41', '경기도', 'Gyeonggi-do', '경기', 'Gyeonggi', 'province', NULL, NULL, NULL),
    ('43', 'KR-43', '충청북도', 'Chungcheongbuk-do', '충북', 'Chungbuk', 'province', NULL, NULL, NULL),
    ('44', 'KR-44', '충청남도', 'Chungcheongnam-do', '충남', 'Chungnam', 'province', NULL, NULL, NULL),
    ('47', 'KR-47', '경상북도', 'Gyeongsangbuk-do', '경북', 'Gyeongbuk', 'province', NULL, NULL, NULL),
    ('48', 'KR-48', '경상남도', 'Gyeongsangnam-do', '경남', 'Gyeongnam', 'province', NULL, NULL, NULL),
    ('50', 'KR-49', '제주특별자치도', 'Jeju Special Self-Governing Province', '제주', 'Jeju', 'special self-governing province', NULL, NULL, NULL),
    ('51', 'KR-42', '강원특별자치도', 'Gangwon Special Self-Governing Province (Gangwon State)', '강원', 'Gangwon', 'special self-governing province', '2023-06-11', NULL, NULL),
    ('52', 'KR-45', '전북특별자치도', 'Jeonbuk Special Self-Governing Province (Jeonbuk State)', '전북', 'Jeonbuk', 'special self-governing province', '2024-01-18', NULL, NULL),
    ('29', 'KR-29', '광주광역시', 'Gwangju Metropolitan City', '광주', 'Gwangju', 'metropolitan city', NULL, '2026-06-30', '12'),
    ('42', 'KR-42', '강원도', 'Gangwon-do', '강원', 'Gangwon', 'province', NULL, '2023-06-10', '51'),
    ('45', 'KR-45', '전라북도', 'Jeollabuk-do', '전북', 'Jeonbuk', 'province', NULL, '2024-01-17', '52'),
    ('46', 'KR-46', '전라남도', 'Jeollanam-do', '전남', 'Jeonnam', 'province', NULL, '2026-06-30', '12');
"""

TARGETS = """
INSERT INTO target (code, name_ko, name_en, metric, counts_from, starts_on, due_on, goal, baseline, trajectory,
    plan_basis, filter, alert_policy, state, source, synthetic, version, created_at, updated_at)
SELECT code, name_ko, name_en, metric, counts_from::date, '2026-01-01', due_on::date, goal, 0, trajectory::jsonb,
    'assumed', '{"regions": [], "industries": [], "project_types": [], "model_kinds": []}',
    '{"raise_below": 0.1, "clear_above": 0.3, "hold_days": 7}', 'active', source, false, 1, now(), now()
FROM (VALUES
    ('factories-2026', '2026년 AI 팩토리 100개', '100 AI factories in 2026', 'factories', '2026-01-01', '2026-12-31',
     100, '[]', 'Yonhap News, 17 December 2025.'),
    ('factories-2030', '2030년까지 AI 팩토리 500개', '500 AI factories by 2030', 'factories', '2025-09-10', '2030-12-31',
     500, '[{"on": "2026-12-31", "value": 100}]', 'Yonhap News, 17 December 2025.'),
    ('models-2030', '2030년까지 AI 파운데이션 모델 15개', '15 AI foundation models by 2030', 'foundation_models',
     '2025-09-10', '2030-12-31', 15, '[]',
     'Yonhap News, 17 December 2025. The source gives no deadline for the models: 2030-12-31 is our assumption.')
) AS given (code, name_ko, name_en, metric, counts_from, due_on, goal, trajectory, source);

INSERT INTO target_revision (code, version, change_id, at, actor_kind, actor_label, reason, document)
SELECT code, 1, '00000000-0000-7000-8000-000000000001', created_at, 'migration', '0001', 'Installed with the registry.',
    to_jsonb(target) - 'synthetic' FROM target;

-- From here on. What is installed has no stamp, for it was always known: the programme is older than the register.
CREATE CONSTRAINT TRIGGER target_revision_stamp AFTER INSERT ON target_revision
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp_change();
"""


def upgrade() -> None:
    """Make the tables, install regions and targets, and grant the service what it may do."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '10min'")
    for script in (*FUNCTIONS, TABLES, PRIVILEGES, REGIONS, TARGETS):
        for statement in [script] if "$$" in script else script.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    """Refuse: what has been registered is not thrown away by a command meant for a release."""
    message = "0001 made the register itself; to go back beyond it, drop the database"
    raise RuntimeError(message)
