package pg

import (
	"context"
	"io/fs"
)

// Q and MigrateFS show the package's own tests what stores see.
func (db *DB) Q(ctx context.Context) querier { return db.q(ctx) }

func MigrateFS(ctx context.Context, databaseURL string, files fs.FS) error {
	return migrate(ctx, databaseURL, files)
}

func SchemaVersionFS(ctx context.Context, databaseURL string, files fs.FS) (have, want int64, err error) {
	return schemaVersion(ctx, databaseURL, files)
}
