//go:build !linux

package servers

import (
	"os"
	"os/exec"
	"syscall"
)

// Elsewhere the servers work too, as long as we are not root; only what ends with us is left to Stop.

func roomy(string) bool { return false }

func own(*exec.Cmd, syscall.Signal) {}

func unprivileged(*exec.Cmd, string) error { return nil }

func killGroup(p *os.Process) error { return p.Kill() }

func termGroup(p *os.Process) error { return p.Signal(os.Interrupt) }
