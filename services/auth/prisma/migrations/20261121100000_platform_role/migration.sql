-- Who looks after the mesh itself: its dashboard and its dead letters.
UPDATE roles SET permissions = ARRAY(SELECT unnest(permissions || '{mesh:read,mesh:update}') ORDER BY 1) WHERE name = 'admin';

INSERT INTO roles (name, description, permissions) VALUES
  ('platform', 'A platform engineer: sees what the mesh does, and acts on its dead letters', '{mesh:read,mesh:update}');
