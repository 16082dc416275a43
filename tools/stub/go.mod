module kube-pki/tools/stub

go 1.24
