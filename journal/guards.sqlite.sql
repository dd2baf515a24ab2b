-- A written act never changes, and nothing is written behind the head or into a closed day.
CREATE TRIGGER act_no_update BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'act_is_append_only'); END;
--;
CREATE TRIGGER act_no_delete BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'act_is_append_only'); END;
--;
CREATE TRIGGER movement_no_update BEFORE UPDATE ON movement BEGIN SELECT RAISE(ABORT, 'movement_is_append_only'); END;
--;
CREATE TRIGGER movement_no_delete BEFORE DELETE ON movement BEGIN SELECT RAISE(ABORT, 'movement_is_append_only'); END;
--;
CREATE TRIGGER act_after_head BEFORE INSERT ON act BEGIN
  SELECT RAISE(ABORT, 'act_sequence_is_above_head')
   WHERE NOT EXISTS (SELECT 1 FROM head WHERE book = NEW.book AND seq < NEW.seq);
  -- INSERT OR REPLACE would delete the older act of this id without a word.
  SELECT RAISE(ABORT, 'act_id_once_per_book')
   WHERE EXISTS (SELECT 1 FROM act WHERE book = NEW.book AND id = NEW.id);
  SELECT RAISE(ABORT, 'act_day_is_open')
   WHERE EXISTS (SELECT 1 FROM head WHERE book = NEW.book AND closed_date >= NEW.business_date);
END;
--;
CREATE TRIGGER movement_after_head BEFORE INSERT ON movement BEGIN
  SELECT RAISE(ABORT, 'movement_is_written_with_its_act')
   WHERE NOT EXISTS (SELECT 1 FROM head WHERE book = NEW.book AND seq < NEW.seq);
END;
--;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'head_is_append_only'); END;
--;
CREATE TRIGGER head_no_replace BEFORE INSERT ON head BEGIN
  SELECT RAISE(ABORT, 'head_is_append_only') WHERE EXISTS (SELECT 1 FROM head WHERE book = NEW.book);
END;
--;
CREATE TRIGGER balance_no_delete BEFORE DELETE ON balance BEGIN SELECT RAISE(ABORT, 'balance_is_append_only'); END;
--;
CREATE TRIGGER balance_no_replace BEFORE INSERT ON balance BEGIN
  SELECT RAISE(ABORT, 'balance_is_append_only')
   WHERE EXISTS (SELECT 1 FROM balance WHERE book = NEW.book AND account = NEW.account
                    AND key = NEW.key AND funding = NEW.funding);
END;
--;
CREATE TRIGGER head_only_forward BEFORE UPDATE ON head BEGIN
  SELECT RAISE(ABORT, 'head_only_moves_forward')
   WHERE NEW.seq < OLD.seq OR NEW.epoch < OLD.epoch OR NEW.closed_date < OLD.closed_date
      OR NEW.open_date < OLD.open_date OR NEW.cursor < OLD.cursor OR NEW.book <> OLD.book
      OR (NEW.seq = OLD.seq AND NEW.digest <> OLD.digest) OR OLD.mode = 'closed';
END;
