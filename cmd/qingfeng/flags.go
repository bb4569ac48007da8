package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5/pgconn"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/pg/cluster"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// errUsage says that the arguments do not fit; the usage has been printed.
var errUsage = errors.New("usage")

// exitCode lets a command choose its exit code after it has said everything itself.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// finish prints an error for people, the JSON document that was asked for and not
// yet given, and returns the exit code.
func (e env) finish(name string, err error) int {
	var code exitCode
	var line string
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &code):
	case errors.Is(err, errUsage):
		code, line = 2, text.CmdBadArguments
	default:
		code, line = 1, explain(err)
		fmt.Fprintf(e.err, text.CmdFailed+"\n", name, line)
	}
	if e.doc != nil && e.doc.asked && !e.doc.written {
		_ = e.json(map[string]string{"error": line}) // nothing is left to say it with
	}
	return int(code)
}

// explain is what a person reads of an error: why, and what to do.
func explain(err error) string {
	switch {
	case bot.Says(err) != "":
		return bot.Says(err)
	case errors.Is(err, cluster.ErrInUse):
		return text.CmdInUse
	case errors.Is(err, cluster.ErrNoPostgres):
		return text.CmdNoPostgres
	case errors.Is(err, pg.ErrNewerSchema):
		return fmt.Sprintf(text.CmdNewerSchema, err)
	case errors.Is(err, risk.ErrNone):
		return text.CmdNotThere
	}
	var (
		unreached *pgconn.ConnectError
		path      *os.PathError
	)
	switch {
	case errors.As(err, &unreached):
		return fmt.Sprintf(text.CmdNoDatabase, err)
	case errors.As(err, &path):
		return fmt.Sprintf(text.CmdBadPath, path.Path, path.Err)
	}
	return err.Error()
}

// flags makes a flag set that prints how the command is used.
func (e env) flags(usage string) *flag.FlagSet {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(e.err)
	fs.Usage = func() {
		fmt.Fprintln(e.err, usage)
		fs.PrintDefaults()
	}
	return fs
}

// jsonFlag adds --json.
func (e env) jsonFlag(fs *flag.FlagSet) *bool {
	asked := new(bool)
	if e.doc != nil {
		asked = &e.doc.asked
	}
	fs.BoolVar(asked, "json", false, text.CmdJSON)
	return asked
}

// parse reads flags that may stand before or after the arguments; what follows "--"
// is arguments only.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		if read := len(args) - fs.NArg(); read > 0 && args[read-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// noArguments is parse for a command that takes flags only.
func noArguments(fs *flag.FlagSet, args []string) error {
	rest, err := parse(fs, args)
	if err == nil && len(rest) > 0 {
		return usage(fs)
	}
	return err
}

// usage prints how the command is used and returns errUsage.
func usage(fs *flag.FlagSet) error {
	fs.Usage()
	return errUsage
}

// json prints one document on stdout.
func (e env) json(v any) error {
	if e.doc != nil {
		e.doc.written = true
	}
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// done ends a command that has little to say: a line for people, or the document.
func (e env) done(doc any, line string, args ...any) error {
	fmt.Fprintf(e.err, line+"\n", args...)
	if e.doc != nil && e.doc.asked {
		return e.json(doc)
	}
	return nil
}

// config reads the environment; log goes to stderr, as text on a terminal's tools.
func (e env) config() (Config, *slog.Logger, error) {
	cfg, err := configFrom(e.getenv)
	if err != nil {
		return cfg, nil, fmt.Errorf("%s\n%w", text.CmdBadConfig, err)
	}
	return cfg, newLog(e.err, cfg.LogLevel), nil
}

// toolConfig is config for a command that ends by itself: it is quiet unless asked.
func (e env) toolConfig() (Config, *slog.Logger, error) {
	cfg, log, err := e.config()
	if err == nil && cfg.LogLevel == slog.LevelInfo {
		log = newLog(e.err, slog.LevelWarn)
	}
	return cfg, log, err
}

func newLog(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// withRegister runs fn over the register of the configured, running or private database.
func (e env) withRegister(ctx context.Context, fn func(ctx context.Context, cfg Config, r *pg.Register) error) error {
	cfg, log, err := e.toolConfig()
	if err != nil {
		return err
	}
	db, _, closeDB, err := database(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeDB()
	return fn(ctx, cfg, pg.NewRegister(db, e.now))
}

// writeFile writes to a path, or to stdout for "-".
func (e env) writeFile(path string, data []byte) error {
	if path == "-" {
		if e.doc != nil {
			e.doc.written = true // stdout is taken
		}
		_, err := e.out.Write(data)
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
