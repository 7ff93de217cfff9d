// Command sumdb checks a log of ours with Go's checksum-database packages, which share nothing with us.
//
// Usage: sumdb TRAIL VKEY-FILE PROOFS
//
// TRAIL is a trail directory, PROOFS a directory with *.tlog-proof and *.consistency files made by beacon-audit. It
// checks the signature of every checkpoint, entries against tiles, inclusion and consistency with proofs of its own
// and with ours, and prints how many of each. Any failure ends it with status 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // C2SP tlog-tiles

type counts struct {
	Checkpoints int `json:"checkpoints"`
	Records     int `json:"records"`
	Trees       int `json:"trees"`
	OurRecords  int `json:"our_records"`
	OurTrees    int `json:"our_trees"`
}

func main() {
	found, err := check(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(found)
}

func check(trail, vkeyFile, proofs string) (counts, error) {
	var found counts
	vkey, err := os.ReadFile(vkeyFile)
	if err != nil {
		return found, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return found, err
	}
	log := logFiles{trail, note.VerifierList(verifier)}
	newest, err := log.newest()
	if err != nil {
		return found, err
	}
	older, err := log.checkpoints()
	if err != nil {
		return found, err
	}
	found.Checkpoints = len(older)
	hashes := tlog.TileHashReader(newest, log)
	if found.Records, err = log.checkRecords(newest, hashes); err != nil {
		return found, err
	}
	roots := map[int64]tlog.Hash{}
	for _, tree := range older {
		roots[tree.N] = tree.Hash
		if tree.N == 0 {
			continue // tlog has no proofs from the empty tree
		}
		proof, err := tlog.ProveTree(newest.N, tree.N, hashes)
		if err != nil {
			return found, err
		}
		if err := tlog.CheckTree(proof, newest.N, newest.Hash, tree.N, tree.Hash); err != nil {
			return found, fmt.Errorf("from %d: %w", tree.N, err)
		}
		found.Trees++
	}
	if found.OurRecords, err = log.checkOurRecords(proofs); err != nil {
		return found, err
	}
	found.OurTrees, err = log.checkOurTrees(proofs, roots)
	return found, err
}

type logFiles struct {
	directory string
	verifiers note.Verifiers
}

// open verifies a signed checkpoint.
func (log logFiles) open(signed []byte) (tlog.Tree, error) {
	opened, err := note.Open(signed, log.verifiers)
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		return tlog.Tree{}, errors.New("not a checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func (log logFiles) newest() (tlog.Tree, error) {
	signed, err := os.ReadFile(filepath.Join(log.directory, "checkpoint"))
	if err != nil {
		return tlog.Tree{}, err
	}
	return log.open(signed)
}

func (log logFiles) checkpoints() ([]tlog.Tree, error) {
	data, err := os.ReadFile(filepath.Join(log.directory, "checkpoints.log"))
	if err != nil {
		return nil, err
	}
	var trees []tlog.Tree
	for _, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		var signed string
		if err := json.Unmarshal(line, &signed); err != nil {
			return nil, err
		}
		tree, err := log.open([]byte(signed))
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
	}
	return trees, nil
}

// checkRecords holds entries against the tree: all of a small log, some of a large one.
func (log logFiles) checkRecords(tree tlog.Tree, hashes tlog.HashReader) (int, error) {
	checked := 0
	step := tree.N/300 + 1
	for index := int64(0); index < tree.N; index++ {
		if index%step != 0 && index < tree.N-3 {
			continue
		}
		entry, err := log.entry(index, tree.N)
		if err != nil {
			return checked, err
		}
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		if err != nil {
			return checked, err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return checked, fmt.Errorf("entry %d: %w", index, err)
		}
		checked++
	}
	return checked, nil
}

// entry reads an entry out of its bundle.
func (log logFiles) entry(index, size int64) ([]byte, error) {
	number := index >> height
	width := min(size-number<<height, 1<<height)
	tile := tlog.Tile{H: height, L: 0, N: number, W: int(width)}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(log.directory, path))
	if err != nil {
		return nil, err
	}
	for skipped := index & (1<<height - 1); ; skipped-- {
		length := int(binary.BigEndian.Uint16(data))
		if skipped == 0 {
			return data[2 : 2+length], nil
		}
		data = data[2+length:]
	}
}

func (log logFiles) checkOurRecords(proofs string) (int, error) {
	files, err := filepath.Glob(filepath.Join(proofs, "*.tlog-proof"))
	for _, file := range files {
		lines, tree, err := log.readProof(file)
		if err != nil {
			return 0, err
		}
		entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
		if err != nil {
			return 0, err
		}
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
		if err != nil {
			return 0, err
		}
		hashes, err := parseHashes(lines[3:])
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return 0, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	return len(files), err
}

func (log logFiles) checkOurTrees(proofs string, roots map[int64]tlog.Hash) (int, error) {
	files, err := filepath.Glob(filepath.Join(proofs, "*.consistency"))
	for _, file := range files {
		lines, tree, err := log.readProof(file)
		if err != nil {
			return 0, err
		}
		old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
		if err != nil {
			return 0, err
		}
		hashes, err := parseHashes(lines[1:])
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(hashes, tree.N, tree.Hash, old, roots[old]); err != nil {
			return 0, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	return len(files), err
}

// readProof splits a proof into its lines and the signed checkpoint behind them.
func (log logFiles) readProof(file string) ([]string, tlog.Tree, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, tlog.Tree{}, err
	}
	head, signed, _ := bytes.Cut(data, []byte("\n\n"))
	tree, err := log.open(signed)
	return strings.Split(string(head), "\n"), tree, err
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// Height and the next two make logFiles a tlog.TileReader.
func (log logFiles) Height() int { return height }

func (log logFiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (log logFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(log.directory, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}
