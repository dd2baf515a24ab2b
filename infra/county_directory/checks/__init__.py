"""What the files of a county directory must say together; each module notes every breach."""
