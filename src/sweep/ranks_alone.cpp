// Without MPI: this process is the only one.
#include <cstdlib>
#include <stdexcept>

#include "core/base/input_error.hpp"
#include "sweep/ranks.hpp"

namespace digon {

Ranks::Ranks() {
  // What Open MPI, MPICH and Slurm's PMI tell each process they start.
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* size = std::getenv(variable);
    if (size != nullptr && std::atoi(size) > 1) {
      reject("mpirun: {} ranks started of a program built without MPI; configure it with -DDIGON_MPI=ON",
             size);
    }
  }
}

Ranks::~Ranks() = default;

int rank_number() {
  return 0;
}
int rank_count() {
  return 1;
}

void serve_ranks() {
  throw std::logic_error("there is one rank");
}

void compute_on_ranks(const std::vector<SweepCell>& /*cells*/, std::size_t /*threads*/,
                      const std::function<void(std::size_t, StoredCell)>& /*finished*/) {
  throw std::logic_error("there is one rank");
}

std::string describe_traffic() {
  return "";
}

}  // namespace digon
