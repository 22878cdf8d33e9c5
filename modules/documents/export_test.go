package documents

// SetVolumeSize makes volumes small, so that a batch of several can be tested quickly.
func SetVolumeSize(p *Papers, n int) { p.volumes = n }
