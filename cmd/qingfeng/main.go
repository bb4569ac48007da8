// Command qingfeng is the whole system in one binary: the bot, its workers, the
// staff pages, the simulator for rehearsal, and the tools of the coordinating
// office and of IT. `qingfeng help` lists the commands.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"qingfeng/bot/text"
	"qingfeng/jobs"
)

// version is set by the linker.
var version = "dev" //nolint:gochecknoglobals // the linker can set nothing else

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	jobs.MuteRedis()
	context.AfterFunc(ctx, func() {
		// Who asks again does not wait for a clean end; a supervisor that signals the
		// process and its group at once has not asked again.
		time.Sleep(3 * time.Second)
		stop()
	})
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// env is what a command runs in.
type env struct {
	getenv func(string) string
	in     io.Reader
	out    io.Writer
	err    io.Writer
	doc    *document
	clock  func() time.Time // nil: the machine's
	work   int              // scrypt's work factor for new passphrases; 0: letter.Work
}

// document is the one JSON document that --json asks for.
type document struct{ asked, written bool }

// command is one subcommand: a line for the list, and what it does with its arguments.
type command struct {
	name, line string
	run        func(ctx context.Context, e env, args []string) error
}

func commands() []command {
	return []command{
		{"demo", text.CmdDemo, demoCommand},
		{"serve", text.CmdServe, serveCommand},
		{"chat", text.CmdChat, chatCommand},
		{"import", text.CmdImport, importCommand},
		{"grant", text.CmdGrant, grantCommand},
		{"campaign", text.CmdCampaign, campaignCommand},
		{"export", text.CmdExport, exportCommand},
		{"ingest", text.CmdIngest, ingestCommand},
		{"library", text.CmdLibrary, libraryCommand},
		{"ask", text.CmdAsk, askCommand},
		{"eval", text.CmdEval, evalCommand},
		{"keys", text.CmdKeys, keysCommand},
		{"doctor", text.CmdDoctor, doctorCommand},
		{"migrate", text.CmdMigrate, migrateCommand},
		{"backup", text.CmdBackup, backupCommand},
		{"restore", text.CmdRestore, restoreCommand},
		{"jobs", text.CmdJobs, jobsCommand},
		{"version", text.CmdVersion, versionCommand},
		{readFile, text.CmdReadFile, readFileCommand},
		{citizensPages, text.CmdCitizensPages, citizensPagesCommand},
		{deskPage, text.CmdDeskPage, deskPageCommand},
		{outerKeysChild, text.CmdOuterKeys, outerKeysCommand},
	}
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return env{getenv: getenv, in: stdin, out: stdout, err: stderr, doc: &document{}}.run(ctx, args)
}

func (e env) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		listCommands(e.err)
		return 2
	}
	if args[0] == "help" || isHelp(args[0]) {
		listCommands(e.out)
		return 0
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		if slices.ContainsFunc(args[1:], isHelp) {
			e.err = e.out // help that was asked for is the answer, not a complaint
		}
		err := c.run(ctx, e, args[1:])
		return e.finish(c.name, err)
	}
	fmt.Fprintf(e.err, text.CmdUnknown+"\n", args[0])
	return 2
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func listCommands(w io.Writer) {
	fmt.Fprintln(w, text.CmdUsage)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.line)
	}
}
