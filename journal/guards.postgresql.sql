-- A written act never changes, and nothing is written behind the head or into a closed day.
-- Statement triggers with transition tables: one check per batch, not one per row (targets.md 2).
CREATE FUNCTION lianhe_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%_is_append_only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
--;
CREATE FUNCTION lianhe_act_after_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT book, min(seq) AS first FROM fresh GROUP BY book) f
              LEFT JOIN head h ON h.book = f.book
             WHERE h.book IS NULL OR f.first <= h.seq) THEN
    RAISE EXCEPTION 'act_sequence_is_above_head' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM (SELECT book, min(business_date) AS day FROM fresh GROUP BY book) f
               JOIN head h ON h.book = f.book WHERE h.closed_date >= f.day) THEN
    RAISE EXCEPTION 'act_day_is_open' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
--;
CREATE FUNCTION lianhe_movement_after_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT book, min(seq) AS first FROM fresh GROUP BY book) f
              LEFT JOIN head h ON h.book = f.book
             WHERE h.book IS NULL OR f.first <= h.seq) THEN
    RAISE EXCEPTION 'movement_is_written_with_its_act' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
--;
CREATE FUNCTION lianhe_head_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq < OLD.seq OR NEW.epoch < OLD.epoch OR NEW.closed_date < OLD.closed_date
     OR NEW.open_date < OLD.open_date OR NEW.cursor < OLD.cursor OR NEW.book <> OLD.book
     OR (NEW.seq = OLD.seq AND NEW.digest <> OLD.digest) OR OLD.mode = 'closed' THEN
    RAISE EXCEPTION 'head_only_moves_forward' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
--;
CREATE TRIGGER act_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON act
  FOR EACH STATEMENT EXECUTE FUNCTION lianhe_append_only();
--;
CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON movement
  FOR EACH STATEMENT EXECUTE FUNCTION lianhe_append_only();
--;
CREATE TRIGGER head_no_delete BEFORE DELETE OR TRUNCATE ON head
  FOR EACH STATEMENT EXECUTE FUNCTION lianhe_append_only();
--;
CREATE TRIGGER balance_no_delete BEFORE DELETE OR TRUNCATE ON balance
  FOR EACH STATEMENT EXECUTE FUNCTION lianhe_append_only();
--;
CREATE TRIGGER head_only_forward BEFORE UPDATE ON head
  FOR EACH ROW EXECUTE FUNCTION lianhe_head_forward();
--;
CREATE TRIGGER act_after_head AFTER INSERT ON act REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION lianhe_act_after_head();
--;
CREATE TRIGGER movement_after_head AFTER INSERT ON movement REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION lianhe_movement_after_head();
--;
ALTER TABLE act ENABLE ALWAYS TRIGGER act_append_only;
--;
ALTER TABLE act ENABLE ALWAYS TRIGGER act_after_head;
--;
ALTER TABLE movement ENABLE ALWAYS TRIGGER movement_append_only;
--;
ALTER TABLE movement ENABLE ALWAYS TRIGGER movement_after_head;
--;
ALTER TABLE head ENABLE ALWAYS TRIGGER head_no_delete;
--;
ALTER TABLE head ENABLE ALWAYS TRIGGER head_only_forward;
--;
ALTER TABLE balance ENABLE ALWAYS TRIGGER balance_no_delete;
