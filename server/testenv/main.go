// Command testenv runs a command with the real servers that tests and benchmarks need.
//
//	go run ./server/testenv -- go test ./...
//
// It starts a throw-away PostgreSQL cluster and a MinIO server on free loopback ports, names them to the command in
// TEST_POSTGRES and TEST_S3 (and a Chromium in TEST_CHROME), passes the command's exit code on, and stops
// everything and removes all data at the end, also when it is told to stop itself (Ctrl-C, SIGTERM).
// PostgreSQL comes from Debian's package, MinIO is built from its Go module once and kept in the user's cache.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"care/server/testenv/servers"
)

func main() {
	build := flag.Bool("build", false, "only build the MinIO server when there is none")
	durable := flag.Bool("durable", false, "let PostgreSQL write as in production, and both servers on a disk: for benchmarks")
	strict := flag.Bool("strict", false, "set "+servers.EnvNoSkip+": a test that cannot run fails")
	flag.Parse()
	// Both signals are for us; the command gets SIGTERM from us and some time to end well.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Stderr, *build, *durable, *strict, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run does everything and gives the exit code of the command.
func run(ctx context.Context, log io.Writer, build, durable, strict bool, command []string) (code int, err error) {
	_, err = servers.FindMinIO()
	if err != nil {
		fmt.Fprintln(log, "testenv: building the MinIO server once; this takes 3 to 6 minutes on two cores")
		_, err = servers.BuildMinIO(ctx)
		if err != nil {
			return 1, err
		}
	}
	if build {
		return 0, nil
	}
	if len(command) == 0 {
		return 2, errors.New("which command? go run ./server/testenv -- go test ./...")
	}
	pg, err := servers.NewPostgres(ctx, durable)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	minio, err := servers.NewMinIO(ctx, durable)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, minio.Stop()) }()
	env := append(os.Environ(), servers.EnvPostgres+"="+pg.DSN, servers.EnvS3+"="+minio.String())
	chrome, err := servers.FindChrome()
	if err == nil {
		env = append(env, servers.EnvChrome+"="+chrome)
	} else if strict {
		return 1, err
	} else {
		fmt.Fprintln(log, "testenv:", err)
	}
	if strict {
		env = append(env, servers.EnvNoSkip+"=1")
	}

	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	servers.Terminate(cmd, 20*time.Second)
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
