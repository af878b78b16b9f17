-- The device table headquarters sent, once it was proven to work; and what became of the one that was tried last.
CREATE TABLE device_table (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    in_force INTEGER NOT NULL,      -- revision; 0: the settings file
    text TEXT NOT NULL,             -- the table in force; empty: the settings file
    tried INTEGER NOT NULL,         -- the revision whose outcome is known
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    trying INTEGER NOT NULL,        -- the revision being tried; 0: none
    begun INTEGER NOT NULL,         -- how often trying it was begun
    told TEXT NOT NULL              -- hash of what headquarters was told last
) STRICT;
INSERT INTO device_table VALUES (1, 0, '', 0, 'in_force', '', 0, 0, '');
