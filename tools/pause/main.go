// Command pause is the whole content of a pod sandbox image: it holds the
// pod's namespaces open until it is told to end.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const version = "1"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("pause", version)
		return
	}
	reap := make(chan os.Signal, 1)
	signal.Notify(reap, syscall.SIGCHLD)
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	for {
		select {
		case <-reap:
			// In a shared PID namespace this is process 1: orphans come here.
			for {
				if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
					break
				}
			}
		case <-end:
			return
		}
	}
}
