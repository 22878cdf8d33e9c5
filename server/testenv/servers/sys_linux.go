package servers

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// roomyEnough is the memory that a file system must have free before servers keep their data in it:
// small containers have a /dev/shm of 64 MB.
const roomyEnough = 2 << 30

// roomy tells whether dir is a file system in memory with enough room.
func roomy(dir string) bool {
	var st syscall.Statfs_t
	const tmpfs = 0x01021994
	return syscall.Statfs(dir, &st) == nil && st.Type == tmpfs && int64(st.Bavail)*st.Bsize > roomyEnough
}

// own makes the process the head of its own group, so that a Ctrl-C for us does not reach it before we have
// stopped what uses it, and lets it end with us when we are killed ourselves.
func own(cmd *exec.Cmd, death syscall.Signal) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pdeathsig = true, death
}

// unprivileged makes the process run as a user without rights when we are root, as PostgreSQL demands, and gives
// it dir. It returns the user's ids.
func unprivileged(cmd *exec.Cmd, dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(dir, int(uid), int(gid))
}

// killGroup kills a process that own has prepared, with its children.
func killGroup(p *os.Process) error { return signalGroup(p, syscall.SIGKILL) }

// termGroup asks them to end.
func termGroup(p *os.Process) error { return signalGroup(p, syscall.SIGTERM) }

func signalGroup(p *os.Process, sig syscall.Signal) error {
	err := syscall.Kill(-p.Pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
