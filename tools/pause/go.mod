module kube-pki/tools/pause

go 1.24
