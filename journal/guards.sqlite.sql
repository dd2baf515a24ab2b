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
  SELECT RAISE(ABORT, 'act_day_is_open')
   WHERE EXISTS (SELECT 1 FROM head WHERE book = NEW.book AND closed_date >= NEW.business_date);
END;
--;
CREATE TRIGGER movement_after_head BEFORE INSERT ON movement BEGIN
  SELECT RAISE(ABORT, 'movement_is_written_with_its_act')
   WHERE NOT EXISTS (SELECT 1 FROM head WHERE book = NEW.book AND seq < NEW.seq);
END;
--;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'head_is_never_deleted'); END;
--;
CREATE TRIGGER head_only_forward BEFORE UPDATE ON head BEGIN
  SELECT RAISE(ABORT, 'head_only_moves_forward')
   WHERE NEW.seq < OLD.seq OR NEW.epoch < OLD.epoch OR NEW.closed_date < OLD.closed_date
      OR NEW.cursor < OLD.cursor OR OLD.mode = 'closed';
END;
