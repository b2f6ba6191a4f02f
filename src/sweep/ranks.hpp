#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sweep/sweep.hpp"

namespace digon {

/// The processes of one run, started together by mpirun or a scheduler, or this process alone. Rank 0 runs
/// the command, owns the store and hands out cells; the others compute cells until they are told to stop.
class Ranks {
 public:
  /// Joins the others where there are any. Throws InputError where there are, but the program was built
  /// without MPI.
  Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  ~Ranks();  ///< of rank 0: stops the others
};

[[nodiscard]] int rank_number();
[[nodiscard]] int rank_count();

/// What a rank other than 0 does: it returns when rank 0 stops it.
void serve_ranks();

/// compute_cells of rank 0. Cells are handed out in batches as ranks ask for more, fewer as the work runs
/// out.
void compute_on_ranks(const std::vector<SweepCell>& cells, std::size_t threads,
                      const std::function<void(std::size_t, StoredCell)>& finished);

/// What the ranks have said to each other so far, as a line; empty where there was nothing to say.
[[nodiscard]] std::string describe_traffic();

}  // namespace digon
