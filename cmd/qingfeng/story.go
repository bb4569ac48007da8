package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
)

// storyStart is the first day of the mobilisation stage, on which the campaign is opened (DOMAIN.md §3.2).
func storyStart() time.Time { return time.Date(2026, 9, 1, 9, 24, 0, 0, bot.Zone()) }

// tempPrefix begins the name of every throw-away database.
const tempPrefix = "qingfeng_story_"

// withTempDatabase runs fn with the URL of a migrated, empty database beside the one
// at dbURL, and drops it afterwards; also those that a killed story left behind.
func withTempDatabase(ctx context.Context, dbURL string, fn func(tempURL string) error) error {
	u, err := url.Parse(dbURL)
	if err != nil || u.Path == "" {
		return fmt.Errorf(text.StoryNoDB, err)
	}
	conn, err := pgx.Connect(ctx, dbURL)
	if err != nil {
		return fmt.Errorf(text.StoryNoDB, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := dropStale(ctx, conn); err != nil {
		return err
	}
	name := fmt.Sprintf("%s%d", tempPrefix, time.Now().UnixNano())
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf(text.StoryNoDB, err)
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_, _ = conn.Exec(end, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") // else the next story drops it
	}()
	u.Path = "/" + name
	temp := u.String()
	if err := ready(ctx, temp); err != nil {
		return err
	}
	return fn(temp)
}

// dropStale drops the databases of stories that were killed: nobody is connected to them.
func dropStale(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT datname FROM pg_database d WHERE starts_with(datname, $1)
		AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)`, tempPrefix)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		_, _ = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()) // somebody may just have come
	}
	return nil
}

// ready makes an empty database one of ours.
func ready(ctx context.Context, dbURL string) error {
	conn, err := pgx.Connect(ctx, dbURL)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector")
	return errors.Join(err, conn.Close(ctx), pg.Migrate(ctx, dbURL))
}

// scripts reads the scripts of a folder of demodata, in the order of their names.
func scripts(folder string) ([]script, error) {
	entries, err := demoFiles.ReadDir(path.Join("demodata", folder))
	if err != nil {
		return nil, err
	}
	var out []script
	for _, e := range entries {
		raw, err := demoFiles.ReadFile(path.Join("demodata", folder, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, script{name: e.Name(), lines: strings.Split(string(raw), "\n")})
	}
	slices.SortFunc(out, func(a, b script) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// playScripts plays a folder of scripts in a world of its own beside the database at
// dbURL. verdict prints numbers and invariants at the end.
func playScripts(ctx context.Context, cfg Config, dbURL, folder string, verdict bool, out io.Writer, log *slog.Logger) (*stage, error) {
	list, err := scripts(folder)
	if err != nil {
		return nil, err
	}
	s := &stage{out: out}
	err = withTempDatabase(ctx, dbURL, func(temp string) error {
		w, err := newWorld(ctx, cfg, temp, storyStart(), slog.New(slog.NewMultiHandler(log.Handler(),
			slog.NewTextHandler(&s.lines, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		if err != nil {
			return err
		}
		defer w.close()
		s.world = w
		for _, sc := range list {
			if err := s.play(ctx, sc); err != nil {
				return err
			}
		}
		if !verdict {
			return nil
		}
		if err := s.numbers(ctx); err != nil {
			return err
		}
		return s.invariants(ctx)
	})
	return s, err
}

// story is `qingfeng demo --story`.
func (e env) story(ctx context.Context) error {
	cfg, _, err := e.config()
	if err != nil {
		return err
	}
	log := newLog(e.err, slog.LevelError)
	if cfg.LogLevel < slog.LevelInfo {
		log = newLog(e.err, cfg.LogLevel)
	}
	began := time.Now()
	_, dbURL, closeDB, err := database(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeDB()
	s, err := playScripts(ctx, cfg, dbURL, "story", true, e.out, log)
	if err != nil {
		return err
	}
	if len(s.failed) > 0 {
		fmt.Fprintf(e.out, text.StoryBroken, s.held, len(s.failed))
		for _, f := range s.failed {
			fmt.Fprintln(e.out, "  "+f)
		}
		return exitCode(1)
	}
	fmt.Fprintf(e.out, text.StoryEnd, s.held, time.Since(began).Round(time.Second))
	return nil
}
